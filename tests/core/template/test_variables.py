"""What variables hold and the JSON that stands for it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actum_core import canonical_json
from actum_core.expression import Duration, EvaluationError, Timestamp, Uint
from actum_core.template.document import VariableType
from actum_core.template.variables import HOLD, measure, plain_json, read_variable, write_variable

HELD: list[tuple[VariableType, object, object]] = [
    (VariableType.INT, 1, 1),
    (VariableType.INT, 2**63 - 1, "9223372036854775807"),
    (VariableType.INT, -(2**63), "-9223372036854775808"),
    (VariableType.INT, Uint(3), 3),
    (VariableType.INT, 2.0, 2),
    (VariableType.UINT, Uint(2**64 - 1), "18446744073709551615"),
    (VariableType.DOUBLE, 1, 1),
    (VariableType.DOUBLE, 0.5, 0.5),
    (VariableType.DOUBLE, 1e20, "100000000000000000000"),
    (VariableType.DOUBLE, 1e21, 1e21),
    (VariableType.STRING, "é", "é"),
    (VariableType.BOOL, True, True),
    (VariableType.BYTES, b"\x00\x01", "AAE="),
    (VariableType.TIMESTAMP, Timestamp(1_500_000_000), "1970-01-01T00:00:01.5Z"),
    (VariableType.DURATION, Duration(1_500_000_000), "1.5s"),
    (VariableType.LIST, [1.0, (2,)], [1, [2]]),
    (VariableType.MAP, {"b": 1, "a": b"\x00"}, {"a": "AA==", "b": 1}),
    (VariableType.ANY, {"t": Timestamp(0), "u": Uint(7)}, {"t": "1970-01-01T00:00:00Z", "u": 7}),
]

UNFIT: list[tuple[VariableType, object, str]] = [
    (VariableType.INT, 1.5, "wrong_type"),
    (VariableType.INT, True, "wrong_type"),
    (VariableType.INT, Uint(2**63), "wrong_type"),
    (VariableType.UINT, -1, "wrong_type"),
    (VariableType.DOUBLE, float("nan"), "not_json"),
    (VariableType.DOUBLE, float("inf"), "not_json"),
    (VariableType.STRING, None, "wrong_type"),
    (VariableType.BOOL, 1, "wrong_type"),
    (VariableType.TIMESTAMP, "1970-01-01T00:00:00Z", "wrong_type"),
    (VariableType.LIST, {}, "wrong_type"),
    (VariableType.MAP, {1: 2}, "not_json"),
    (VariableType.ANY, [float("nan")], "not_json"),
    (VariableType.ANY, 2**53, "out_of_range"),
    (VariableType.ANY, float(2**53), "not_json"),
]


@pytest.mark.parametrize(("kind", "value", "written"), HELD)
def test_a_value_has_one_json_form_and_returns_from_it(
    kind: VariableType, value: object, written: object
) -> None:
    held = HOLD[kind](value)
    found = write_variable(kind, held)
    assert (type(found), found) == (type(written), written)
    returned = read_variable(kind, canonical_json.parse(canonical_json.encode(found)))
    assert (type(returned), returned) == (type(held), held)


@pytest.mark.parametrize(("kind", "value", "code"), UNFIT)
def test_what_does_not_fit_a_variable_is_an_error(kind: VariableType, value: object, code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        HOLD[kind](value)
    assert caught.value.code == code


def test_a_negative_zero_does_not_outlive_its_json_form() -> None:
    assert str(HOLD[VariableType.DOUBLE](-0.0)) == "0.0"
    assert str(plain_json(-0.0)) == "0"


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 2**53 or abs(x) >= 1e21)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=6)
    | st.builds(Uint, st.integers(0, 2**53 - 1))
    | st.binary(max_size=4)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=4
        )
    ),
    max_leaves=10,
)


def shape(value: Any) -> Any:
    """The value with its types and the order of its keys."""
    if isinstance(value, dict):
        return [(key, shape(member)) for key, member in value.items()]
    return [shape(member) for member in value] if isinstance(value, list) else (type(value), value)


@given(values)
def test_plain_json_is_what_its_canonical_form_parses_back_to(value: Any) -> None:
    plain = plain_json(value)
    assert shape(canonical_json.parse(canonical_json.encode(plain))) == shape(plain)


@given(values)
def test_a_measure_is_never_below_the_canonical_size(value: Any) -> None:
    plain = plain_json(value)
    assert measure(plain) >= len(canonical_json.encode(plain))
