from osc_workbench.osc.packet import OscMessage
from tests.doubles.log_window import Log
from tests.doubles.traffic import TRUNCATED_FLOAT


def test_a_screen_reader_hears_the_selected_row(log: Log) -> None:
    log.receive(OscMessage("/synth/note", "s", ("C4",)), TRUNCATED_FLOAT, OscMessage("noslash"))
    log.view.select(200)
    assert 'Address /synth/note, Types ,s, Arguments "C4"' in log.view.accessibleDescription()
    log.view.select(201)
    assert "Arguments malformed: " in log.view.accessibleDescription()
    log.view.select(202)
    assert log.view.accessibleDescription().endswith("the address does not start with a slash")


def test_a_screen_reader_hears_marks_and_matches(log: Log) -> None:
    log.marks.set(190, "too loud")
    log.view.select(190)
    text = log.view.accessibleDescription()
    assert text.startswith("Number 191, Time ")
    assert text.endswith("Marked: too loud")
    assert text.count("too loud") == 1


def test_values_that_change_are_not_read_out_each_time(log: Log) -> None:
    log.show_latest()
    log.view.select(199)
    assert "Arguments 199" in log.view.accessibleDescription()
    log.receive(OscMessage("/n", "i", (500,)))
    assert log.view.current_row == 200
    assert "Arguments 199" in log.view.accessibleDescription()


def test_where_no_row_is_selected_nothing_is_read_out(log: Log) -> None:
    log.view.select(199)
    log.clear()
    assert log.view.accessibleDescription() == ""
