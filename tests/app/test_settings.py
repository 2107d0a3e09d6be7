from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings

from osc_workbench.app.settings import Settings
from osc_workbench.traffic.colour_rules import DEFAULT_RULES, ColourRule
from osc_workbench.traffic.responder import Responder

LAYOUT = {"geometry": QByteArray(b"\0\1"), "docks": QByteArray(b"abc")}


def settings_at(path: Path) -> Settings:
    return Settings(QSettings(str(path), QSettings.Format.IniFormat))


def test_what_was_saved_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    settings = settings_at(path)
    settings.theme = "dark"
    settings.set_layout(LAYOUT)
    assert settings.save()
    again = settings_at(path)
    assert again.theme == "dark"
    assert again.layout() == LAYOUT


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    settings = settings_at(tmp_path / "none.ini")
    assert settings.theme == "system"
    assert settings.layout() == {}


@pytest.mark.parametrize(
    "text",
    [
        "theme=purple\n[layout]\nversion=3\ngeometry=7\ndocks=@ByteArray()\n",
        "theme=@Variant(\\0\\0\\0)\n[layout]\nversion=abc\n",
        "[layout]\nversion=99\ngeometry=@ByteArray(abc)\n",
        "\0\xff\xfe no ini at all [[[",
        "theme=light, dark\n",
        "[layout]\nversion=1\ngeometry=@ByteArray(abc)\n",
        "responders=7\n",
        "responders=[[[\n",
        'responders="[{\\"pattern\\": \\"none\\", \\"text\\": \\"/a\\"}]"\n',
    ],
)
def test_values_that_cannot_be_used_are_ignored(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(text, "latin-1")
    settings = settings_at(path)
    assert settings.theme == "system"
    assert settings.layout() == {}
    assert settings.responders() == ()


def test_rules_come_back_and_one_that_is_none_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    rules = (
        Responder("/ü/{a,b}", '/x ,s "a, b"', "udp://[::1]:9000"),
        Responder("/ping", "#bundle immediately { /pong }", is_enabled=False),
    )
    settings = settings_at(path)
    settings.set_responders(rules)
    settings.save()
    assert settings_at(path).responders() == rules
    text = path.read_text().replace("/ping", "ping ")
    path.write_text(text)
    assert settings_at(path).responders() == rules[:1]


@pytest.mark.parametrize(
    "rules", [(), (ColourRule('/"ü, x"', "red"), ColourRule("late>5ms", "grey", is_enabled=False))]
)
def test_colour_rules_come_back_also_if_there_are_none(tmp_path: Path, rules: tuple[ColourRule, ...]) -> None:
    path = tmp_path / "settings.ini"
    settings = settings_at(path)
    assert settings.colour_rules() == DEFAULT_RULES
    settings.set_colour_rules(rules)
    settings.save()
    assert settings_at(path).colour_rules() == rules


def test_a_colour_rule_that_is_none_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    settings = settings_at(path)
    settings.set_colour_rules((ColourRule("/a", "red"), ColourRule("/b", "blue")))
    settings.save()
    path.write_text(path.read_text().replace("blue", "no such colour"))
    assert settings_at(path).colour_rules() == (ColourRule("/a", "red"),)


@pytest.mark.parametrize("text", ["colour_rules=7\n", "colour_rules=[[[\n", "colour_rules=a, b\n", "colour_rules={}\n"])
def test_colour_rules_that_cannot_be_read_are_those_of_a_first_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(text)
    assert settings_at(path).colour_rules() == DEFAULT_RULES


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no directory")
    settings = settings_at(in_the_way / "settings.ini")
    settings.theme = "dark"
    assert not settings.save()
    assert settings.theme == "dark"
