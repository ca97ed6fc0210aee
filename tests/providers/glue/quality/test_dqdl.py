"""The Data Quality Definition Language: what is read, and what is refused by name."""

import pytest

from lab.providers.glue.quality.dqdl import (
    Age,
    Composite,
    Condition,
    Rule,
    RulesetError,
    parse,
)


def one(text: str) -> Rule:
    [rule] = parse(f"Rules = [ {text} ]")
    assert isinstance(rule, Rule)
    return rule


CONDITIONS = [
    ('Completeness "a" > 0.95', Condition(">", (0.95,))),
    ('ColumnValues "a" between -1 and 2', Condition("between", (-1.0, 2.0))),
    ('ColumnValues "a" not between 1 and 2', Condition("between", (1.0, 2.0), negated=True)),
    (
        'ColumnValues "a" in ["x", NULL, EMPTY]',
        Condition("in", ("x",), keywords=frozenset({"NULL", "EMPTY"})),
    ),
    ('ColumnValues "a" not in [1, 2]', Condition("in", (1.0, 2.0), negated=True)),
    ('ColumnValues "a" matches "[a-z]+\\d"', Condition("matches", ("[a-z]+\\d",))),
    ('ColumnValues "a" != NULL', Condition("!=", (), keywords=frozenset({"NULL"}))),
    ('ColumnValues "d" > (now() - 3 days)', Condition(">", (Age(-259_200, True),))),
    ('DataFreshness "d" <= 24 hours', Condition("<=", (Age(86_400, False),))),
    ("RowCount = 12", Condition("=", (12.0,))),
]


@pytest.mark.parametrize(("text", "expected"), CONDITIONS)
def test_expressions(text: str, expected: Condition) -> None:
    assert one(text).condition == expected


def test_a_rule_has_arguments_a_threshold_and_a_filter() -> None:
    rule = one('ColumnValues "a" > 0 with threshold >= 0.9 where "b < 3"')
    assert (rule.arguments, rule.where) == (("a",), "b < 3")
    assert rule.threshold == Condition(">=", (0.9,))
    assert rule.text == 'ColumnValues "a" > 0 with threshold >= 0.9 where "b < 3"'
    assert one('IsPrimaryKey "a" "b"').arguments == ("a", "b")


def test_rules_are_joined_and_commented() -> None:
    text = """
    # what must hold
    Rules = [
        (IsComplete "a") and (IsUnique "a"),
        ((RowCount > 1) or (ColumnExists "b")) and (ColumnCount = 2),
        RowCount > 0,
    ]
    """
    first, second, third = parse(text)
    assert isinstance(first, Composite)
    assert (first.operator, first.text) == ("and", '(IsComplete "a") and (IsUnique "a")')
    assert isinstance(second, Composite)
    assert isinstance(second.parts[0], Composite)
    assert second.parts[0].operator == "or"
    assert isinstance(third, Rule)


REFUSED = [
    ("Rules = []", "The ruleset has no rules."),
    ("", "The ruleset has no rules."),
    ("Rules = [ Foo ]", "There is no rule type Foo."),
    ('Rules = [ DetectAnomalies "a" ]', "The lab does not support the rule type DetectAnomalies."),
    ("Rules = [ RowCount ]", "RowCount needs an expression, such as > 0.95."),
    ("Rules = [ RowCount > avg(last(3)) ]", "The lab does not support dynamic rules."),
    ("Rules = [ IsComplete ]", "IsComplete takes 1 argument(s) in double quotes."),
    ('Rules = [ IsComplete "a" IsUnique "a" ]', "Unexpected 'IsUnique': ',' expected."),
    ('Rules = [ IsComplete "a"', "Unexpected 'end': ',' expected."),
    ("Rules = [ (RowCount > 1) and (RowCount > 2) or (RowCount > 3) ]", "need parentheses"),
    ("Analyzers = [ RowCount ]", "The lab does not support Analyzers."),
    ("Rules = [ RowCount ~ 3 ]", "Unexpected '~'."),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_ruleset(text: str, message: str) -> None:
    with pytest.raises(RulesetError) as caught:
        parse(text)
    assert message in str(caught.value)
