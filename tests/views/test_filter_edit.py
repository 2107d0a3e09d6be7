import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from osc_workbench.views.filter_edit import EditState, FilterEdit
from osc_workbench.views.theme import DARK, LIGHT, Colours

KEY = Qt.Key
LONG = "/synth/1/frequency " * 20


@pytest.fixture
def edit(qtbot: QtBot) -> FilterEdit:
    edit = FilterEdit(LIGHT)
    qtbot.addWidget(edit)
    edit.resize(400, edit.sizeHint().height())
    with qtbot.waitActive(edit):
        edit.show()
    edit.setFocus()
    return edit


def picture(edit: FilterEdit) -> QImage:
    return edit.grab().toImage()


def has_colour(image: QImage, colour: QColor) -> bool:
    return any(
        image.pixelColor(x, y).rgb() == colour.rgb() for x in range(image.width()) for y in range(image.height())
    )


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("state", "name"), [(EditState.VALID, "good"), (EditState.INVALID, "error"), (EditState.BARREN, "warning")]
)
def test_each_state_has_a_frame_and_a_sign_of_its_own(
    edit: FilterEdit, state: EditState, name: str, colours: Colours
) -> None:
    edit.set_colours(colours)
    edit.setText("x")
    edit.show_state(state, "Words.")
    colour = getattr(colours, name)
    image = picture(edit)
    assert image.pixelColor(0, image.height() // 2).rgb() == colour.rgb()
    assert edit.sign.isVisible()
    assert edit.accessibleDescription() == "Words."
    assert "Words." in edit.toolTip()
    others = [FilterEdit(LIGHT) for _ in range(2)]
    for other, other_state in zip(others, set(EditState) - {state, EditState.EMPTY}, strict=True):
        other.show_state(other_state, "")
        assert other.sign.icon().pixmap(16).toImage() != edit.sign.icon().pixmap(16).toImage()


def test_an_empty_filter_has_no_sign(edit: FilterEdit) -> None:
    edit.show_state(EditState.EMPTY, "Every message.")
    assert not edit.sign.isVisible()


def test_words_from_the_network_are_no_markup(edit: FilterEdit) -> None:
    edit.show_state(EditState.INVALID, "<img src=x>")
    assert "<img" not in edit.toolTip()


def test_the_wave_stands_under_what_is_wrong(edit: FilterEdit) -> None:
    edit.setText("type:f foo:5 x")
    edit.show_state(EditState.INVALID, "", (7, 10))
    area = edit.fault_area()
    assert edit.cursorPositionAt(area.topLeft().toPoint()) == 7
    assert edit.cursorPositionAt(area.topRight().toPoint()) == 10
    assert has_colour(picture(edit).copy(area.toAlignedRect().adjusted(0, -1, 0, 1)), LIGHT.error)
    edit.show_state(EditState.VALID, "")
    assert edit.fault_area().isEmpty()


def test_the_wave_follows_characters_of_two_units(edit: FilterEdit) -> None:
    edit.setText("😀😀 foo:5")
    edit.show_state(EditState.INVALID, "", (3, 6))
    assert edit.cursorPositionAt(edit.fault_area().topLeft().toPoint()) == 5


def test_the_wave_shows_where_something_is_missing_at_the_end(edit: FilterEdit) -> None:
    edit.setText("arg[0]>")
    edit.show_state(EditState.INVALID, "", (7, 8))
    assert edit.fault_area().width() >= 4
    edit.show_state(EditState.INVALID, "", (10_000, 10_001))
    assert edit.fault_area().width() >= 0


def test_the_wave_scrolls_with_the_text_and_stays_beside_the_signs(edit: FilterEdit) -> None:
    edit.setText(LONG)
    edit.show_state(EditState.INVALID, "", (0, 5))
    # Qt scrolls when it paints.
    edit.end(False)
    picture(edit)
    assert edit.fault_area().width() <= 0
    edit.home(False)
    picture(edit)
    assert edit.cursorPositionAt(edit.fault_area().topRight().toPoint()) == 5
    edit.show_state(EditState.INVALID, "", (0, len(LONG)))
    for move in (edit.home, edit.end):
        move(False)
        picture(edit)
        area = edit.fault_area()
        assert area.left() >= edit.text_area().left()
        assert area.right() <= edit.text_area().right() + 1
    assert edit.text_area().right() < edit.width() - 20


def test_progress_is_a_line_at_the_bottom(edit: FilterEdit) -> None:
    edit.show_progress(0.5)
    image = picture(edit)
    row = image.height() - 3
    assert image.pixelColor(image.width() // 4, row).rgb() == LIGHT.accent.rgb()
    assert image.pixelColor(3 * image.width() // 4, row).rgb() == LIGHT.base.rgb()
    edit.show_progress(1.0)
    assert picture(edit).pixelColor(image.width() // 4, row).rgb() == LIGHT.base.rgb()
    for odd in (-1.0, 0.0, 2.0):
        edit.show_progress(odd)
        picture(edit)


@pytest.mark.parametrize(
    ("key", "signal"),
    [
        (KEY.Key_Escape, "escaped"),
        (KEY.Key_Return, "confirmed"),
        (KEY.Key_Enter, "confirmed"),
        (KEY.Key_Up, "older_wished"),
        (KEY.Key_Down, "newer_wished"),
    ],
)
def test_keys_that_mean_something_are_told(qtbot: QtBot, edit: FilterEdit, key: Qt.Key, signal: str) -> None:
    with qtbot.waitSignal(getattr(edit, signal)):
        qtbot.keyClick(edit, key)


def test_completions_are_wished_for_with_alt_and_down(qtbot: QtBot, edit: FilterEdit) -> None:
    with qtbot.waitSignal(edit.completion_wished):
        qtbot.keyClick(edit, KEY.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert edit.text() == ""


@pytest.mark.parametrize("key", [KEY.Key_Escape, KEY.Key_Return, KEY.Key_F])
def test_shortcuts_of_the_window_do_not_take_its_keys(edit: FilterEdit, key: Qt.Key) -> None:
    text = "f" if key == KEY.Key_F else ""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier, text)
    event.ignore()
    QApplication.sendEvent(edit, event)
    assert event.isAccepted()
