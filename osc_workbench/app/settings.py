"""What is remembered from one start to the next."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSettings

from osc_workbench.models.filter_history import FilterHistory
from osc_workbench.traffic.colour_rules import DEFAULT_RULES, ColourRule, readable_colour_rules
from osc_workbench.traffic.lint_rules import RULES
from osc_workbench.traffic.responder import Responder, readable_rules

_RESPONDERS = "responders"
_COLOUR_RULES = "colour_rules"
_MUTED_RULES = "muted_rules"
_FILTERS = "filters"
_HIDDEN_NOISE = "hidden_noise"
_LAYOUT = "layout"
# Raised when a stored layout no longer fits the window.
_LAYOUT_VERSION = 4


class Settings:
    """Typed access to the settings file. A value that cannot be used is ignored, not an error."""

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "osc_workbench", "osc_workbench"
        )

    @property
    def theme(self) -> str:
        value = self._store.value("theme", "system")
        return value if value in ("light", "dark") else "system"

    @theme.setter
    def theme(self, theme: str) -> None:
        self._store.setValue("theme", theme)

    def responders(self) -> tuple[Responder, ...]:
        """Return the rules that answer; those that cannot be read are left out."""
        try:
            values = json.loads(str(self._store.value(_RESPONDERS, "[]")))
        except (ValueError, RecursionError):
            return ()
        return readable_rules(values if isinstance(values, list) else ())

    def set_responders(self, rules: Sequence[Responder]) -> None:
        self._store.setValue(_RESPONDERS, json.dumps([rule.to_json() for rule in rules]))

    def colour_rules(self) -> tuple[ColourRule, ...]:
        """Return the colour rules, those of a first start if there are none yet; unreadable ones are left out."""
        try:
            values = json.loads(str(self._store.value(_COLOUR_RULES)))
        except (ValueError, RecursionError):
            return DEFAULT_RULES
        return readable_colour_rules(values) if isinstance(values, list) else DEFAULT_RULES

    def set_colour_rules(self, rules: Sequence[ColourRule]) -> None:
        self._store.setValue(_COLOUR_RULES, json.dumps([rule.to_json() for rule in rules]))

    def muted_rules(self) -> tuple[str, ...]:
        """Return the ids of the rules of lint of which nothing is said."""
        known = {rule.id for rule in RULES}
        return tuple(name for name in str(self._store.value(_MUTED_RULES, "")).split() if name in known)

    def set_muted_rules(self, ids: Sequence[str]) -> None:
        self._store.setValue(_MUTED_RULES, " ".join(ids))

    def filter_history(self) -> FilterHistory:
        """Return the filters that were used lately or saved; what cannot be read is left out."""
        try:
            return FilterHistory.from_json(json.loads(str(self._store.value(_FILTERS, "{}"))))
        except (ValueError, RecursionError):
            return FilterHistory()

    def set_filter_history(self, history: FilterHistory) -> None:
        self._store.setValue(_FILTERS, json.dumps(history.to_json()))

    def hidden_noise(self) -> tuple[str, ...]:
        """Return the names of the noise that is hidden."""
        return tuple(filter(None, str(self._store.value(_HIDDEN_NOISE, "")).split("\n")))

    def set_hidden_noise(self, names: Sequence[str]) -> None:
        self._store.setValue(_HIDDEN_NOISE, "\n".join(names))

    def layout(self) -> dict[str, QByteArray]:
        if str(self._store.value(f"{_LAYOUT}/version", "")) != str(_LAYOUT_VERSION):
            return {}
        keys = [key.removeprefix(f"{_LAYOUT}/") for key in self._store.allKeys() if key.startswith(f"{_LAYOUT}/")]
        values = {key: self._store.value(f"{_LAYOUT}/{key}") for key in keys}
        return {key: value for key, value in values.items() if isinstance(value, QByteArray) and not value.isEmpty()}

    def set_layout(self, state: dict[str, QByteArray]) -> None:
        self._store.remove(_LAYOUT)
        self._store.setValue(f"{_LAYOUT}/version", _LAYOUT_VERSION)
        for key, value in state.items():
            self._store.setValue(f"{_LAYOUT}/{key}", value)

    def save(self) -> bool:
        """Write now; QSettings replaces the file as a whole. False if it could not be written."""
        self._store.sync()
        return self._store.status() is QSettings.Status.NoError
