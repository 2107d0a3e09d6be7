"""Colours and fonts: the only place where a meaning becomes a colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from osc_workbench.views.resources import resource_path


@dataclass(frozen=True, slots=True)
class Colours:
    """Text colours reach a contrast of 4.5:1 on every background they stand on.

    incoming and outgoing are blue and orange, which the common kinds of colour blindness tell apart.
    rules: backgrounds of rows by the names of the colours of colour rules. They differ in lightness, too, as far as
    texts on them can be read.
    """

    is_dark: bool
    window: QColor
    base: QColor
    alternate: QColor
    text: QColor
    muted: QColor
    border: QColor
    accent: QColor
    selection: QColor
    selection_text: QColor
    incoming: QColor
    outgoing: QColor
    outgoing_base: QColor
    error: QColor
    error_base: QColor
    warning: QColor
    good: QColor
    bracket: QColor
    match: QColor
    match_current: QColor
    match_base: QColor
    rules: Mapping[str, QColor]


def _backgrounds(**colours: str) -> Mapping[str, QColor]:
    return MappingProxyType({name: QColor(colour) for name, colour in colours.items()})


LIGHT = Colours(
    is_dark=False,
    window=QColor("#f2f3f5"),
    base=QColor("#ffffff"),
    alternate=QColor("#f7f8fa"),
    text=QColor("#1c1f24"),
    muted=QColor("#5b626d"),
    border=QColor("#c9ced6"),
    accent=QColor("#0b63b0"),
    selection=QColor("#cfe3f7"),
    selection_text=QColor("#10151b"),
    incoming=QColor("#0b63b0"),
    outgoing=QColor("#9a4a00"),
    outgoing_base=QColor("#fdf4ea"),
    error=QColor("#b3202a"),
    error_base=QColor("#fdebec"),
    warning=QColor("#8a5a00"),
    good=QColor("#1d7a3e"),
    bracket=QColor("#7b8592"),
    match=QColor("#ffdf6b"),
    match_current=QColor("#ffab2e"),
    match_base=QColor("#fff3c4"),
    rules=_backgrounds(
        red="#ffd8d8",
        orange="#ffdda6",
        yellow="#fff35c",
        green="#c2ffb8",
        teal="#9ef0f0",
        blue="#d6e2ff",
        purple="#f8e8ff",
        grey="#dfe3e4",
    ),
)

DARK = Colours(
    is_dark=True,
    window=QColor("#1f2227"),
    base=QColor("#17191d"),
    alternate=QColor("#1c1f24"),
    text=QColor("#e4e7ec"),
    muted=QColor("#a0a8b4"),
    border=QColor("#3a404a"),
    accent=QColor("#5cb0f5"),
    selection=QColor("#24445f"),
    selection_text=QColor("#f4f7fb"),
    incoming=QColor("#69b7f7"),
    outgoing=QColor("#f0a95a"),
    outgoing_base=QColor("#2a221a"),
    error=QColor("#ff8f8f"),
    error_base=QColor("#391d21"),
    warning=QColor("#e5b454"),
    good=QColor("#62c584"),
    bracket=QColor("#77808d"),
    match=QColor("#4d4010"),
    match_current=QColor("#7d5500"),
    match_base=QColor("#3a330f"),
    rules=_backgrounds(
        red="#6a1721",
        orange="#3f2205",
        yellow="#3f3d00",
        green="#1d452a",
        teal="#00444e",
        blue="#15255a",
        purple="#532373",
        grey="#3c3c3c",
    ),
)

THEMES = ("system", "light", "dark")


def colours_for(theme: str) -> Colours:
    """Return the colours of a theme; "system" asks the desktop."""
    if theme == "system":
        # `colorScheme` knows on desktops; without one the default palette does.
        window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
        return DARK if window.lightness() < 128 else LIGHT
    return DARK if theme == "dark" else LIGHT


def apply_theme(application: QApplication, colours: Colours) -> None:
    """Give the whole application these colours, in the same style on every system."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(make_palette(colours))
    names = ("window", "base", "text", "border", "muted", "accent", "selection", "selection_text")
    values = {name: getattr(colours, name).name() for name in names}
    theme = "dark" if colours.is_dark else "light"
    icons = {name: resource_path("icons", f"{name}-{theme}.svg").as_posix() for name in ("check", "arrow-down")}
    application.setStyleSheet(_STYLE.format(check=icons["check"], arrow=icons["arrow-down"], **values))


def make_palette(colours: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, colour in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.base),
        (role.AlternateBase, colours.alternate),
        (role.Text, colours.text),
        (role.Button, colours.window),
        (role.ButtonText, colours.text),
        (role.ToolTipBase, colours.base),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Highlight, colours.selection),
        (role.HighlightedText, colours.selection_text),
        (role.Link, colours.accent),
        (role.BrightText, colours.error),
        (role.Mid, colours.border),
        # Fusion draws lines beside tabs and tool bars in these.
        (role.Light, colours.base),
        (role.Midlight, colours.alternate),
        (role.Dark, colours.border),
        (role.Shadow, colours.border),
        (role.Accent, colours.accent),
    ):
        palette.setColor(name, colour)
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, colours.muted)
    return palette


def data_font() -> QFont:
    """Return the font of the log and of bytes: all characters are equally wide, so columns of digits do not dance."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QGuiApplication.font().pointSizeF())
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


# Fusion draws the frame of a check box darker than the window, which in the dark theme cannot be seen.
# Focus is a line in the accent colour; Fusion's own is the highlight, which is too pale here.
_STYLE = """
QToolTip {{ border: 1px solid {border}; padding: 2px; }}
QStatusBar::item {{ border: none; }}
QDockWidget::title {{ padding: 5px 8px; }}
QLabel[muted="true"] {{ color: {muted}; }}
QFrame[card="true"] {{ border: 1px solid {border}; border-radius: 4px; }}
QLineEdit {{ border: 1px solid {border}; border-radius: 3px; padding: 3px 4px; }}
QTableView QLineEdit {{ border: 1px solid {accent}; border-radius: 0; padding: 0 2px; }}
QAbstractScrollArea[pane="true"] {{ border: 1px solid {border}; }}
QLineEdit:focus, QAbstractScrollArea[pane="true"]:focus {{ border-color: {accent}; }}
QComboBox {{ border: 1px solid {border}; border-radius: 3px; padding: 3px 4px 3px 7px; background: {base}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: 10px; height: 10px; }}
QComboBox:focus, QComboBox:on {{ border-color: {accent}; }}
QCheckBox::indicator, QTableView::indicator {{
    width: 12px; height: 12px; border: 1px solid {muted}; border-radius: 2px; background: {base};
}}
QCheckBox::indicator:checked, QTableView::indicator:checked {{ image: url("{check}"); }}
QCheckBox::indicator:focus, QCheckBox::indicator:hover {{ border-color: {accent}; }}
ValueTableView::item {{ padding: 0 4px; }}
ValueTableView::item:focus {{ padding: 0 3px; border: 1px solid {accent}; }}
ValueTableView QHeaderView::section {{ padding: 2px 7px; }}
QHeaderView::section {{
    background: {window}; color: {text}; padding: 2px 4px; border: none;
    border-right: 1px solid {border}; border-bottom: 1px solid {border};
}}
QToolButton, QPushButton {{ border: 1px solid {border}; border-radius: 3px; padding: 3px 7px; }}
QPushButton[link="true"] {{ border: none; padding: 1px 0; color: {accent}; text-align: left; }}
QPushButton[link="true"]:hover, QPushButton[link="true"]:focus {{ text-decoration: underline; }}
QToolBar {{ border: none; border-bottom: 1px solid {border}; padding: 3px; spacing: 3px; }}
QToolBar QToolButton {{ border-color: transparent; }}
QToolButton:checked, QToolButton:pressed, QPushButton:pressed {{
    background: {selection}; color: {selection_text}; border-color: {border};
}}
QToolButton:hover, QToolButton:focus, QPushButton:hover, QPushButton:focus {{ border-color: {accent}; }}
"""
