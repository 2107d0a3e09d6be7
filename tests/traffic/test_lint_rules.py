"""The table of rules is complete and can be read by people."""

import pytest

from osc_workbench.traffic.lint_rules import RULES, Severity, bit_of, mask_of, rules_in


def test_bits_and_ids_are_distinct_and_bits_fit_into_the_findings_of_a_row() -> None:
    assert [rule.bit for rule in RULES] == list(range(len(RULES)))
    assert len(RULES) <= 32
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_says_in_two_or_three_sentences_what_it_is_why_it_hurts_and_what_to_do(rule: object) -> None:
    assert isinstance(rule.severity, Severity)
    assert 0 < len(rule.title) <= 40
    assert 2 <= rule.explanation.count(". ") + 1 <= 4
    assert rule.explanation.endswith(".")
    assert "  " not in rule.explanation


def test_mask_has_the_bits_of_its_rules_and_names_them_again() -> None:
    mask = mask_of(["nan", "malformed"])
    assert mask == bit_of("nan") | bit_of("malformed")
    assert [rule.id for rule in rules_in(mask)] == ["malformed", "nan"]
    assert mask_of([]) == 0


def test_unknown_rule_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        mask_of(["nan", "no-such-rule"])
