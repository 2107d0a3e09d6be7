from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QImage, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QTableWidget, QTableWidgetItem
from pytestqt.qtbot import QtBot

from osc_workbench.views.theme import DARK, LIGHT, Colours, apply_theme, colours_for, data_font, make_palette

# Which texts stand on which backgrounds: in rows of the log, in packet detail and bytes, on cards and in bars.
_ROWS = ("base", "alternate", "outgoing_base", "error_base", "match_base")
_PAIRS = [
    *(("text", ground) for ground in ("window", *_ROWS)),
    *(("muted", ground) for ground in ("window", *_ROWS)),
    *((name, ground) for name in ("incoming", "outgoing", "warning", "error") for ground in (*_ROWS, "selection")),
    ("selection_text", "selection"),
    ("error", "window"),
    ("warning", "window"),
    ("accent", "window"),
    ("base", "accent"),
    ("text", "match"),
    ("text", "match_current"),
]
# Source: WCAG 2.2, success criterion 1.4.3, contrast of text; 1.4.11, of what is no text but means something.
TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0


def luminance(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), _PAIRS)
def test_texts_can_be_read_where_they_stand(colours: Colours, text: str, ground: str) -> None:
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= TEXT_CONTRAST


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("shape", "ground"),
    [
        *(
            ("good", "window"),
            ("muted", "window"),
            ("accent", "base"),
            ("accent", "selection"),
            ("bracket", "selection"),
        ),
        # Bars and stars beside the rows that match or are marked.
        *((name, ground) for name in ("accent", "warning") for ground in (*_ROWS, "selection")),
        # The line under the byte where decoding stopped.
        *(("error", ground) for ground in ("match", "match_current", "selection")),
    ],
)
def test_lamps_focus_and_brackets_can_be_seen(colours: Colours, shape: str, ground: str) -> None:
    limit = SHAPE_CONTRAST if shape != "bracket" else 2.0
    assert contrast(getattr(colours, shape), getattr(colours, ground)) >= limit


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21.0)
    assert contrast(QColor("#777777"), QColor("#ffffff")) == pytest.approx(4.48, abs=0.01)


def test_a_theme_can_be_chosen_by_name(qtbot: QtBot) -> None:
    assert colours_for("light") is LIGHT
    assert colours_for("dark") is DARK
    assert colours_for("system") in (LIGHT, DARK)


def test_the_palette_has_the_colours_of_the_theme() -> None:
    palette = make_palette(DARK)
    assert palette.color(QPalette.ColorRole.Base) == DARK.base
    assert palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text) == DARK.muted


def test_digits_are_equally_wide(qtbot: QtBot) -> None:
    assert QFontInfo(data_font()).fixedPitch()


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[QApplication]:
    """The application, which gets its own looks back."""
    style_sheet, palette = qapp.styleSheet(), qapp.palette()
    yield qapp
    qapp.setStyleSheet(style_sheet)
    qapp.setPalette(palette)


def colours_across(image: QImage, y: int, end: int) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(end)}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("is_checked", [False, True])
def test_the_frame_and_mark_of_a_check_box_can_be_seen(
    qtbot: QtBot, themed: QApplication, colours: Colours, is_checked: bool
) -> None:
    apply_theme(themed, colours)
    box, table = QCheckBox("Broadcast"), QTableWidget(1, 1)
    item = QTableWidgetItem()
    table.setItem(0, 0, item)
    box.setChecked(is_checked)
    item.setCheckState(Qt.CheckState.Checked if is_checked else Qt.CheckState.Unchecked)
    for widget in (box, table):
        qtbot.addWidget(widget)
    box.show()
    table.show()
    pictures = (box.grab().toImage(), box.height() // 2), (table.viewport().grab().toImage(), table.rowHeight(0) // 2)
    for image, middle in pictures:
        ground = image.pixelColor(0, middle)
        seen = colours_across(image, middle, 20)
        assert max(contrast(QColor(name), ground) for name in seen) >= SHAPE_CONTRAST
        assert colours.muted.name() in seen
        if is_checked:
            marks = [image.pixelColor(x, y) for x in range(4, 14) for y in range(middle - 4, middle + 5)]
            assert max(contrast(mark, colours.base) for mark in marks) >= SHAPE_CONTRAST


def test_the_dark_theme_has_no_bright_lines(qtbot: QtBot, themed: QApplication) -> None:
    apply_theme(themed, DARK)
    palette = themed.palette()
    role = QPalette.ColorRole
    for name in (role.Light, role.Midlight, role.Mid, role.Dark, role.Shadow):
        assert luminance(palette.color(name)) <= luminance(DARK.border)
