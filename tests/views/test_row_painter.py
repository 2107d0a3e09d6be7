import pytest
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from pytestqt.qtbot import QtBot

from osc_workbench.models.row_look import BundlePart, RowLook
from osc_workbench.models.traffic_columns import Column
from osc_workbench.osc.packet import OscBundle, OscMessage
from osc_workbench.osc.timetag import TimeTag
from osc_workbench.traffic.record import Direction
from osc_workbench.views.row_painter import RowPainter
from osc_workbench.views.theme import DARK, LIGHT, Colours, data_font
from osc_workbench.views.traffic_header import ColumnPlace, ShownColumns
from tests.doubles.log_window import Log
from tests.doubles.traffic import TRUNCATED_FLOAT, numbered

COLUMNS = ShownColumns(
    [ColumnPlace(Column.NUMBER, 30, 66, True), ColumnPlace(Column.ARGUMENTS, 104, 292, False)], 0, False
)
CELLS = tuple("1" if column is Column.NUMBER else "" for column in Column)
PLAIN = RowLook(0, 0, CELLS, Direction.IN, BundlePart.NONE, False)
BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def picture(
    look: RowLook, colours: Colours = LIGHT, columns: ShownColumns = COLUMNS, is_selected: bool = False
) -> QImage:
    painter = RowPainter(colours, QFontMetrics(data_font()))
    image = QImage(400, painter.row_height, QImage.Format.Format_RGB32)
    image.fill(QColor("magenta"))
    drawing = QPainter(image)
    drawing.setFont(data_font())
    painter.paint_row(drawing, 0, 400, columns, look, is_selected, False)
    drawing.end()
    return image


def ground(look: RowLook, colours: Colours = LIGHT, is_selected: bool = False) -> QColor:
    """Return the colour at the right end of a row, where no text is."""
    return picture(look, colours, is_selected=is_selected).pixelColor(399, 2)


def gutter(look: RowLook, is_selected: bool = False) -> QImage:
    return picture(look, is_selected=is_selected).copy(0, 0, 20, 12)


def written(**cells: str) -> tuple[str, ...]:
    return tuple(cells.get(column.name.lower(), CELLS[column]) for column in Column)


def test_a_match_has_a_ground_and_a_bar(qtbot: QtBot) -> None:
    match = PLAIN._replace(is_match=True)
    assert ground(match) == LIGHT.match_base
    assert picture(match).pixelColor(1, 5) == LIGHT.warning
    assert picture(match, is_selected=True).pixelColor(1, 5) == LIGHT.warning


def test_a_mark_has_a_bar_and_a_star(qtbot: QtBot) -> None:
    marked = PLAIN._replace(is_marked=True)
    assert ground(marked) == ground(PLAIN)
    assert picture(marked).pixelColor(4, 5) == LIGHT.accent
    assert gutter(marked).copy(7, 0, 11, 12) != gutter(PLAIN).copy(7, 0, 11, 12)


@BOTH
def test_what_a_row_is_decides_its_ground(qtbot: QtBot, colours: Colours) -> None:
    everything = PLAIN._replace(is_malformed=True, is_match=True, colour="green", direction=Direction.OUT, row=1)
    assert ground(everything, colours, is_selected=True) == colours.selection
    assert ground(everything, colours) == colours.error_base
    without_error = everything._replace(is_malformed=False)
    assert ground(without_error, colours) == colours.match_base
    plain = without_error._replace(is_match=False, colour=None)
    assert ground(plain, colours) == colours.outgoing_base
    assert ground(plain._replace(direction=Direction.IN), colours) == colours.alternate
    assert ground(PLAIN, colours) == colours.base


def test_a_colour_that_the_theme_does_not_know_changes_nothing(qtbot: QtBot) -> None:
    assert ground(PLAIN._replace(colour="plaid")) == LIGHT.base


def test_a_comment_stands_after_the_arguments_unless_it_has_a_column(qtbot: QtBot) -> None:
    cells = written(number="1", arguments="440.0", comment="too high")
    bare = PLAIN._replace(cells=cells)
    commented = bare._replace(comment="too high")
    assert picture(commented) != picture(bare)
    own_column = COLUMNS._replace(has_comments=True)
    assert picture(commented, columns=own_column) == picture(bare, columns=own_column)


def test_long_arguments_leave_room_for_a_comment(qtbot: QtBot) -> None:
    bare = PLAIN._replace(cells=written(arguments="9" * 300))
    for comment in ("look", "l" * 300, "ö" * 300):
        assert picture(bare._replace(comment=comment)).copy(250, 0, 150, 12) != picture(bare).copy(250, 0, 150, 12)


def test_a_sign_is_painted_for_a_message_without_arguments_too(qtbot: QtBot) -> None:
    assert picture(PLAIN._replace(notes=("odd",))) != picture(PLAIN)
    assert picture(PLAIN._replace(is_marked=True, comment="why?")).copy(100, 0, 300, 12) != picture(PLAIN).copy(
        100, 0, 300, 12
    )


def test_the_gutter_is_at_the_left_whatever_column_is_there(qtbot: QtBot) -> None:
    columns = COLUMNS._replace(gutter_left=300)
    look = PLAIN._replace(part=BundlePart.ONLY, is_marked=True)
    assert picture(look, columns=columns).copy(300, 0, 26, 12) == picture(look).copy(0, 0, 26, 12)


@pytest.mark.parametrize("size", [0, 1, 5, 20])
def test_any_row_fits_into_any_width(qtbot: QtBot, size: int) -> None:
    places = [ColumnPlace(column, size * column, size - 8, column is Column.SIZE) for column in Column]
    columns = ShownColumns(places, 0, False)
    cells = tuple("ü9" * 40 for _ in Column)
    for is_malformed in (False, True):
        look = RowLook(
            3, 0, cells, Direction.OUT, BundlePart.FIRST, is_malformed, ("odd",), 7, True, "c" * 90, "green", True
        )
        assert not picture(look, DARK, columns).isNull()


def test_all_kinds_of_rows_are_painted_in_both_themes(log: Log) -> None:
    log.receive(OscMessage("noslash"), TRUNCATED_FLOAT, OscBundle(TimeTag(0), numbered(3)), OscBundle(TimeTag(1)))
    log.receive(*numbered(1), direction=Direction.OUT)
    log.receive(OscMessage("/ünï/" + "x" * 300, "s", ("é" * 300,)))
    log.view.select(log.store.end_row - 2)
    pictures = []
    for colours in (LIGHT, DARK):
        log.view.set_colours(colours)
        pictures.append(log.view.viewport().grab().toImage())
    assert pictures[0] != pictures[1]
    assert log.view.newest_painted == log.store.end_row - 1


def test_a_malformed_packet_can_be_painted_with_any_columns(log: Log) -> None:
    log.receive(TRUNCATED_FLOAT)
    header = log.view.header
    header.moveSection(header.visualIndex(Column.ARGUMENTS), 0)
    log.view.viewport().grab()
    header.column_actions[Column.ADDRESS].trigger()
    header.column_actions[Column.ARGUMENTS].trigger()
    log.view.viewport().grab()
    assert log.view.newest_painted == 200
