"""The tables of addresses and peers under mouse and keyboard."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from osc_workbench.models.statistics_model import FlowTable, make_address_table, make_peer_table
from osc_workbench.models.wishes import AddFilterTerm
from osc_workbench.osc.packet import OscMessage
from osc_workbench.views.flow_table_view import FlowTableView
from osc_workbench.views.theme import DARK, LIGHT, Colours, apply_theme
from tests.doubles.counted import CountedLog, counting
from tests.doubles.traffic import url_of

LEFT = Qt.MouseButton.LeftButton


class Shown:
    """A table in a window, with the log that fills it."""

    def __init__(self, qtbot: QtBot, model: FlowTable) -> None:
        self.log = CountedLog()
        self.model = model
        self.view = FlowTableView(model, LIGHT)
        self.wishes: list[object] = []
        self.view.wish.connect(self.wishes.append)
        self.window = QWidget()
        QVBoxLayout(self.window).addWidget(self.view)
        qtbot.addWidget(self.window)
        self.window.resize(1100, 300)
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()

    def receive(self, **counts: int) -> None:
        self.log.receive(*counting(**counts))
        self.refresh()

    def refresh(self) -> None:
        self.log.wait(1.0)
        self.model.refresh(self.log.feed.statistics, self.log.now_ns, self.view.chosen)
        self.view.keep_choice()

    def place_of(self, address: str, column: int = 0) -> QPoint:
        row = [found.address for found in self.model.rows].index(address)
        return self.view.visualRect(self.model.index(row, column)).center()

    def click(self, qtbot: QtBot, address: str) -> None:
        qtbot.mouseClick(self.view.viewport(), LEFT, pos=self.place_of(address))

    def action(self, text: str) -> QAction:
        return next(action for action in self.view.actions() if action.text() == text)

    @property
    def selected(self) -> str | None:
        row = self.view.selected_value()
        return None if row is None else row.address


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    shown = Shown(qtbot, make_address_table())
    shown.receive(a=3, b=2, c=1)
    return shown


def test_the_first_row_is_selected_until_one_is_chosen(qtbot: QtBot, shown: Shown) -> None:
    assert (shown.selected, shown.view.chosen) == ("/a", ())
    shown.click(qtbot, "/c")
    assert (shown.selected, shown.view.chosen) == ("/c", ("/c",))


def test_the_chosen_row_stays_selected_wherever_it_goes(qtbot: QtBot, shown: Shown) -> None:
    shown.click(qtbot, "/c")
    shown.receive(c=20)
    shown.refresh()
    shown.refresh()
    assert (shown.model.rows[0].address, shown.selected) == ("/c", "/c")


def test_the_chosen_row_is_selected_again_when_it_is_back(qtbot: QtBot, shown: Shown) -> None:
    shown.click(qtbot, "/c")
    shown.log.feed.restart(None, shown.log.store.end_row, None)
    shown.receive(a=1)
    assert shown.selected == "/a"
    shown.receive(c=1)
    assert shown.selected == "/c"


def test_nothing_is_selected_while_there_is_nothing(shown: Shown) -> None:
    shown.log.feed.restart(None, shown.log.store.end_row, None)
    shown.refresh()
    assert (shown.selected, shown.model.rowCount()) == (None, 0)
    assert not any(shown.action(text).isEnabled() for text in ("Show only this address", "Copy row"))


def test_it_knows_which_rows_can_be_seen(shown: Shown) -> None:
    assert shown.view.seen() == ["/a", "/b", "/c"]
    shown.receive(**{f"x{number}": 1 for number in range(50)})
    seen = shown.view.seen()
    assert seen[:3] == ["/a", "/b", "/c"]
    assert 8 <= len(seen) <= 14
    shown.view.scrollToBottom()
    assert shown.view.seen()[-1] == shown.model.rows[-1].address


def test_a_double_click_asks_for_the_messages_of_a_row(qtbot: QtBot, shown: Shown) -> None:
    shown.click(qtbot, "/b")
    qtbot.mouseDClick(shown.view.viewport(), LEFT, pos=shown.place_of("/b"))
    assert shown.wishes == [AddFilterTerm("address:/b", False)]


def test_enter_asks_for_the_messages_of_a_row(qtbot: QtBot, shown: Shown) -> None:
    shown.view.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Enter):
        qtbot.keyClick(shown.view, key)
    assert shown.wishes == [AddFilterTerm("address:/b"), AddFilterTerm("address:/c")]
    assert shown.view.chosen == ("/c",)


def test_the_menu_shows_only_or_hides_a_row(qtbot: QtBot, shown: Shown) -> None:
    shown.click(qtbot, "/b")
    shown.action("Show only this address").trigger()
    shown.action("Hide this address").trigger()
    assert shown.wishes == [AddFilterTerm("address:/b", False), AddFilterTerm("address:/b", True)]


def test_what_no_query_can_find_is_not_offered(qtbot: QtBot, shown: Shown) -> None:
    shown.log.receive(OscMessage("/" + 2000 * "x", "", ()))
    shown.refresh()
    shown.click(qtbot, "/" + 2000 * "x")
    assert not shown.action("Show only this address").isEnabled()
    assert shown.action("Copy row").isEnabled()
    qtbot.keyClick(shown.view, Qt.Key.Key_Return)
    assert shown.wishes == []


def test_peers_are_offered_as_peers(qtbot: QtBot) -> None:
    shown = Shown(qtbot, make_peer_table(url_of))
    shown.receive(a=1)
    shown.action("Show only this peer").trigger()
    assert shown.wishes == [AddFilterTerm("(peer:127.0.0.1:50000 dir:in)", False)]
    assert shown.view.accessibleName() == "Peers"


def test_a_row_and_the_table_are_copied(qtbot: QtBot, shown: Shown) -> None:
    shown.click(qtbot, "/b")
    shown.action("Copy row").trigger()
    assert [line.split("\t")[0] for line in QGuiApplication.clipboard().text().splitlines()] == ["Address", "/b"]
    shown.action("Copy table").trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split("\t")[0] for line in lines] == ["Address", "/a", "/b", "/c"]


def test_the_key_for_copying_is_the_tables_own(qtbot: QtBot, shown: Shown) -> None:
    taken: list[str] = []
    QShortcut(QKeySequence.StandardKey.Copy, shown.window).activated.connect(lambda: taken.append("by the window"))
    shown.view.setFocus()
    qtbot.keyClick(shown.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("/a\t3\t")
    assert taken == []


def test_a_title_sorts_with_the_mouse_and_the_menu(qtbot: QtBot, shown: Shown) -> None:
    header = shown.view.horizontalHeader()
    point = QPoint(header.sectionViewportPosition(0) + 10, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=point)
    qtbot.mouseClick(header.viewport(), LEFT, pos=point)
    assert [row.address for row in shown.model.rows] == ["/c", "/b", "/a"]
    menu = shown.view.actions()[-1].menu()
    assert menu is not None
    assert menu.title() == "Sort addresses by"
    next(action for action in menu.actions() if action.text() == "Count").trigger()
    assert [row.address for row in shown.model.rows] == ["/a", "/b", "/c"]


def test_rows_do_not_move_while_the_mouse_does(qtbot: QtBot, shown: Shown) -> None:
    shown.receive(c=20)
    shown.refresh()
    assert shown.model.rows[0].address == "/c"
    shown.log.receive(*counting(b=50))
    qtbot.mouseMove(shown.view.viewport(), shown.place_of("/a"))
    qtbot.mouseMove(shown.view.viewport(), shown.place_of("/b"))
    shown.refresh()
    assert shown.model.rows[0].address == "/c"
    shown.refresh()
    assert shown.model.rows[0].address == "/b"


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[None]:
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    apply_theme(qapp, LIGHT)
    yield
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


@pytest.mark.usefixtures("themed")
@pytest.mark.parametrize("model", [make_address_table(), make_peer_table(url_of)], ids=["addresses", "peers"])
def test_columns_fit_a_window_and_texts_fit_their_columns(qtbot: QtBot, model: FlowTable) -> None:
    shown = Shown(qtbot, model)
    view = shown.view
    header = view.horizontalHeader()
    assert header.length() <= 1100
    for section, column in enumerate(model.columns):
        # The theme keeps some room on both sides of texts and titles.
        room = header.sectionSize(section)
        assert room - view.fontMetrics().horizontalAdvance(column.sample) >= 2 * (4 + 3)
        assert room - header.fontMetrics().horizontalAdvance(f"{column.title} ▾") >= 2 * 7


def test_names_get_the_room_that_is_left(qtbot: QtBot, shown: Shown) -> None:
    header = shown.view.horizontalHeader()
    assert header.length() == shown.view.viewport().width()
    shown.window.resize(600, 300)
    qtbot.waitUntil(lambda: header.length() > shown.view.viewport().width())
    assert header.sectionSize(0) == 140


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_shares_and_warnings_have_the_colours_of_the_theme(shown: Shown, colours: Colours) -> None:
    shown.log.receive(OscMessage("/a", "f", (1.0,)))
    shown.refresh()
    shown.view.set_colours(colours)
    image = shown.view.viewport().grab().toImage()
    share = shown.view.visualRect(shown.model.index(0, 3))
    assert image.pixelColor(share.left() + 9, share.center().y()) == colours.accent
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
        option = QStyleOptionViewItem()
        shown.view.initViewItemOption(option)
        shown.view._delegate.initStyleOption(option, shown.model.index(0, 4))
        assert option.palette.color(role) == colours.warning
