"""Expressions of AWS IoT Events in the expression language, as text and as values."""

from typing import Any

import pytest

from actum_core.expression import DYN, TIMESTAMP, EvaluationError, Meter, Scope, compile_expression
from actum_core.formats.iot_events.syntax import Unreadable, parse_iot_expression
from actum_core.formats.iot_events.translate import Surroundings, Translator

SCOPE = Scope({"vars": DYN, "message": DYN, "now": TIMESTAMP})
AROUND = Surroundings(
    inputs={"Tank": "input_Tank"},
    variables={"set": "set", "unset": "unset", "flag": "flag"},
    timers={"awake": "timeout_awake"},
    settled=frozenset({"set"}),
)


def translated(source: str, *, is_condition: bool = True) -> str:
    translator = Translator(AROUND)
    node = parse_iot_expression(source)
    return (translator.condition(node) if is_condition else translator.value(node)).text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$input.Tank.level > 70", "vars.input_Tank.level > 70"),
        ("$input.Tank.a.b[0] >= 1.5", "vars.input_Tank.a.b[0] >= 1.5"),
        ("$input.Tank.`water level` > 1", "vars.input_Tank['water level'] > 1"),
        ("$input.Tank.in > 1", "vars.input_Tank['in'] > 1"),
        ("$variable.set + 1", "vars.set + 1"),
        ("!$variable.flag", "!vars.flag"),
        ("-$variable.set", "-vars.set"),
        ("(1 + 2) * 3", "(1 + 2) * 3"),
        ("1 - (2 - 3)", "1 - (2 - 3)"),
        ('currentInput("Tank")', "message.data.input == 'Tank'"),
        ('triggerType("Timer")', "message.data.trigger == 'Timer'"),
        ('triggerType("MESSAGE")', "message.data.trigger == 'Message'"),
        ('timeout("awake")', "vars.timeout_awake"),
        ("isNull($input.Tank.level)", "vars.input_Tank.level == null"),
        ("isUndefined($input.Tank.level)", "!has(vars.input_Tank.level)"),
        ("isUndefined($input.Tank.a.b)", "!(has(vars.input_Tank.a) && has(vars.input_Tank.a.b))"),
        ("isUndefined($variable.unset)", "vars.unset == null"),
        ("isUndefined($variable.set)", "false"),
        ("startsWith($input.Tank.name, 'off')", "vars.input_Tank.name.startsWith('off')"),
        ("contains('abc', \"b\")", "'abc'.contains('b')"),
        ("13 | 5", "math.bitOr(13, 5)"),
        ("13 ^ 5", "math.bitXor(13, 5)"),
        ("~13", "math.bitNot(13)"),
        ("bitand(13, 5)", "math.bitAnd(13, 5)"),
        ("convert(Decimal, $input.Tank.level)", "double(vars.input_Tank.level)"),
        ("convert('String', 1.5)", "string(1.5)"),
        ("'a ${$variable.set} b'", "'a ' + string(vars.set) + ' b'"),
        ("'it\\'s'", "'it\\'s'"),
        # A variable without a value differs from nothing; null would.
        ("$variable.unset != 5", "vars.unset != null && vars.unset != 5"),
        ("$variable.unset == 5", "vars.unset == 5"),
        # Rounded between whole numbers only.
        ("7 / 2", "int(math.round(double(7) / double(2)))"),
        ("$input.Tank.level * 9.0 / 5", "vars.input_Tank.level * 9.0 / 5"),
    ],
)
def test_an_expression_is_translated_to_this_text(source: str, expected: str) -> None:
    assert translated(source) == expected


#: Expression, variables, and what it comes to; None where it has no value, which a condition takes as false.
VALUES: list[tuple[str, dict[str, Any], Any]] = [
    ("7 / 2", {}, 4),
    ("$variable.set / 2", {"set": 7}, 4),
    ("$variable.set / 2", {"set": 7.0}, 3.5),
    ("$variable.set / 2.0", {"set": 7}, 3.5),
    ("$variable.set + 0.5", {"set": 1}, 1.5),
    ("'my' + 'string'", {}, "mystring"),
    ("'n: ${$variable.set * 2}'", {"set": 3}, "n: 6"),
    ("~13", {}, -14),
    ("13 & 5", {}, 5),
    ("$variable.unset > 3", {"unset": None}, None),
    ("$variable.unset != 3", {"unset": None}, False),
    ("!($variable.unset == 3)", {"unset": None}, None),
    ("!($variable.unset == 3)", {"unset": 4}, True),
    ("$input.Tank.level > 3 || $input.Tank.name == 'x'", {"input_Tank": {"name": "x"}}, True),
    # Undefined data make an operand of || false, and not the whole undefined.
    ("!($input.Tank.level > 3 || $input.Tank.name == 'x')", {"input_Tank": {"name": "y"}}, True),
    ("($input.Tank.level > 3 || false) == false", {"input_Tank": {}}, True),
    ("isUndefined($input.Tank.a.b[1])", {"input_Tank": {"a": {"b": [1]}}}, True),
    ("isUndefined($input.Tank.a.b[1])", {"input_Tank": {"a": {"b": [1, 2]}}}, False),
    ("isNull($input.Tank.a)", {"input_Tank": {"a": None}}, True),
    ("isUndefined($input.Tank.a)", {"input_Tank": {"a": None}}, False),
    ("isUndefined($input.Tank)", {"input_Tank": {}}, True),
    ("convert($variable.flag, $variable.set)", {"flag": "Decimal", "set": "1.5"}, 1.5),
    ("convert(Boolean, 'true')", {}, True),
    ("convert(Decimal, 'x')", {}, None),
    ("$input.Tank.level == '5'", {"input_Tank": {"level": 5}}, False),
    ("endsWith($input.Tank.level, 'a')", {"input_Tank": {"level": 5}}, None),
]


@pytest.mark.parametrize(("source", "variables", "expected"), VALUES)
def test_a_translated_expression_has_this_value(
    source: str, variables: dict[str, Any], expected: Any
) -> None:
    held = {"input_Tank": {}, "set": 0, "unset": None, "flag": False, "timeout_awake": False, **variables}
    expression = compile_expression(translated(source), SCOPE)
    try:
        found = expression.evaluate({"vars": held, "message": {"data": {}}}, Meter(10_000))
    except EvaluationError:
        found = None
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "offset"),
    [
        ("", 0),
        ("1 +", 3),
        ("(1", 2),
        ("1 2", 2),
        ("$input.", 7),
        ("$input[0]", 0),
        ("temperature > 3", 0),
        ("nothing(1)", 0),
        ("timeout($variable.set)", 0),
        ("timeout('never')", 0),
        ("$variable.never", 0),
        ("isNull(1, 2)", 0),
        ("'open", 0),
        ("'${1", 4),
        ("a ? b : c", 2),
        ("9223372036854775808", 0),
        ("(" * 100, 32),
        ("1" + "+1" * 5_000, 0),
    ],
)
def test_what_is_no_expression_is_refused_at_its_place(source: str, offset: int) -> None:
    with pytest.raises(Unreadable) as refused:
        translated(source)
    assert refused.value.offset == offset


def test_a_chain_of_operators_is_not_deep() -> None:
    assert translated(" && ".join(["$variable.flag"] * 100)).count("&&") == 99
