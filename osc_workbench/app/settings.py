"""What is remembered from one start to the next."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QSettings

from osc_workbench.traffic.responder import Responder, readable_rules

_RESPONDERS = "responders"
_LAYOUT = "layout"
_LAYOUT_KEYS = ("geometry", "docks", "columns", "packet", "responders", "connections", "pending")
# Raised when a stored layout no longer fits the window.
_LAYOUT_VERSION = 2


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

    def layout(self) -> dict[str, QByteArray]:
        if str(self._store.value(f"{_LAYOUT}/version", "")) != str(_LAYOUT_VERSION):
            return {}
        values = {key: self._store.value(f"{_LAYOUT}/{key}") for key in _LAYOUT_KEYS}
        return {key: value for key, value in values.items() if isinstance(value, QByteArray) and not value.isEmpty()}

    def set_layout(self, state: dict[str, QByteArray]) -> None:
        self._store.setValue(f"{_LAYOUT}/version", _LAYOUT_VERSION)
        for key, value in state.items():
            self._store.setValue(f"{_LAYOUT}/{key}", value)

    def save(self) -> bool:
        """Write now; QSettings replaces the file as a whole. False if it could not be written."""
        self._store.sync()
        return self._store.status() is QSettings.Status.NoError
