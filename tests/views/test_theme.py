from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QImage, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QTableWidget, QTableWidgetItem
from pytestqt.qtbot import QtBot

from osc_workbench.traffic.colour_rules import COLOURS
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


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", COLOURS)
def test_texts_can_be_read_in_rows_that_a_rule_colours(colours: Colours, name: str) -> None:
    ground = colours.rules[name]
    for text in ("text", "muted", "incoming", "outgoing", "error", "warning"):
        assert contrast(getattr(colours, text), ground) >= TEXT_CONTRAST
    # The star of a mark.
    assert contrast(colours.accent, ground) >= SHAPE_CONTRAST
    assert contrast(colours.bracket, ground) >= 2.0


# Source: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# 2009, severity 1.0; matrices for linear RGB.
_EYES = {
    "usual": np.eye(3),
    "red-blind": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "green-blind": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# Source: IEC 61966-2-1, linear RGB to CIE XYZ.
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
# A difference in CIELAB of 2.3 can just be noticed. Source: Mahy, Van Eycken and Oosterlinck, 1994.
_NOTICEABLE = 2.3


def lab(colour: QColor, eye: str) -> np.ndarray:
    """Return a colour in CIELAB as an eye sees it, shape (3,)."""
    rgb = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    parts = _TO_XYZ @ np.clip(_EYES[eye] @ linear, 0, 1) / _TO_XYZ.sum(axis=1)
    x, y, z = np.where(parts > 216 / 24389, np.cbrt(parts), (24389 / 27 * parts + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("eye", "times"), [("usual", 3.0), ("red-blind", 1.5), ("green-blind", 1.5)])
def test_colours_of_rules_can_be_told_apart(colours: Colours, eye: str, times: float) -> None:
    grounds = {name: lab(colour, eye) for name, colour in colours.rules.items()}
    assert tuple(grounds) == COLOURS
    plain = {name: lab(getattr(colours, name), eye) for name in ("base", "alternate")}
    for (name, ground), (other, other_ground) in combinations((*grounds.items(), *plain.items()), 2):
        if (name, other) != ("base", "alternate"):
            assert np.linalg.norm(ground - other_ground) >= times * _NOTICEABLE, (name, other)


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
