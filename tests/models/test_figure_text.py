import pytest

from osc_workbench.models.figure_text import (
    late_text,
    milliseconds,
    number_text,
    percent_text,
    rate_text,
    seconds_text,
    significant,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0, "0"),
        (0.0004, "0.000"),
        (0.024, "0.024"),
        (0.9994, "0.999"),
        (0.9996, "1.00"),
        (1.5, "1.50"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (40.04, "40.0"),
        (99.97, "100"),
        (1234.4, "1,234"),
        (-50.04, "-50.0"),
        (1_234_567, "1.23e+06"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_has_about_three_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


def test_seconds_become_milliseconds() -> None:
    assert [milliseconds(value) for value in (None, 0.0, 0.04, -0.00005)] == ["", "0", "40.0", "-0.050"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (4e-7, "0.400 us"),
        (1e-6, "1.00 us"),
        (0.00099999, "1.00 ms"),
        (0.0407, "40.7 ms"),
        (0.9999, "1.00 s"),
        (1074.0, "1,074 s"),
        (-0.05, "-50.0 ms"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_late_and_early_are_said_in_words() -> None:
    assert [late_text(value) for value in (0.0, 0.002, -0.05)] == ["on time", "2.00 ms late", "50.0 ms early"]


def test_rates_and_shares_are_short() -> None:
    assert [rate_text(value) for value in (0, 0.04, 2.84, 9.96, 2886.4)] == ["0", "<0.1", "2.8", "10", "2,886"]
    assert [percent_text(value) for value in (0, 0.0001, 0.0005, 0.103, 1)] == ["0.0", "<0.1", "0.1", "10.3", "100.0"]


def test_numbers_of_arguments_are_shortened() -> None:
    values = (0, -7, 999_999, 2**31 - 1, 440.0, 0.1234567, 1e-40, float("-inf"), float("nan"))
    texts = ["0", "-7", "999,999", "2.147e+09", "440", "0.1235", "1e-40", "-inf", "nan"]
    assert [number_text(value) for value in values] == texts
