"""Canonical JSON: the published vectors, agreement with the reference implementation, and what is refused where."""

import json
import math
import struct
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from actum_core import canonical_json
from actum_core.canonical_json import encode, format_number, is_stable_number, parse
from actum_core.errors import MalformedJson
from actum_core.limits import JSON_BYTES_MAX, JSON_DEPTH_MAX, JSON_INTEGER_MAX

_TESTS = Path(__file__).resolve().parents[1]
_VECTORS = _TESTS / "vendor" / "jcs"
#: More vectors than are kept here, where somebody has them beside the checkout.
_SUITE = _TESTS.parents[1] / "shared" / "suites" / "ledger" / "jcs"
_with_suite = pytest.mark.skipif(not _SUITE.is_dir(), reason="the larger suite is not beside this checkout")

_NAMES = sorted(path.stem for path in (_VECTORS / "input").glob("*.json"))


def double(hexadecimal: str) -> float:
    """The IEEE 754 double of these 1 to 16 hexadecimal digits."""
    found: float = struct.unpack(">d", bytes.fromhex(hexadecimal.zfill(16)))[0]
    return found


# --- Published vectors ----------------------------------------------------------------------------------


def test_the_published_vectors_are_all_here() -> None:
    assert _NAMES == ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", _NAMES)
def test_a_published_text_gets_its_published_form(name: str) -> None:
    expected = bytes.fromhex((_VECTORS / "outhex" / f"{name}.txt").read_text())
    assert encode(parse((_VECTORS / "input" / f"{name}.json").read_bytes())) == expected
    assert (_VECTORS / "output" / f"{name}.json").read_bytes() == expected


#: IEEE 754 bits and what ECMA-262 writes: the samples of RFC 8785, appendix B, and the edges of each form.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555555": "333333333.3333333",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_a_published_double_gets_its_published_text(bits: str, text: str) -> None:
    assert format_number(double(bits)) == text
    assert encode([double(bits)]) == f"[{text}]".encode()


@_with_suite
def test_ten_thousand_published_doubles_get_their_published_texts() -> None:
    lines = (_SUITE / "es6_numbers_10k.txt").read_text().splitlines()
    assert len(lines) == 10_000
    rows = (line.split(",") for line in lines)
    assert [bits for bits, text in rows if format_number(double(bits)) != text] == []


@_with_suite
def test_every_text_of_the_suite_that_must_be_refused_is_refused() -> None:
    cases = json.loads((_SUITE / "negative_and_numbers.json").read_text())
    taken = []
    for case in cases["reject"]:
        if "hex" in case:
            source = bytes.fromhex(case["hex"])
        elif "gen" in case:
            source = {"deep": b"[" * 2000 + b"]" * 2000, "bigint-4301": b"1" + b"0" * 4301}[case["id"]]
        else:
            source = case["json"].encode("utf-8", "surrogatepass")
        try:
            parse(source)
        except MalformedJson:
            continue
        taken.append(case["id"])
    # NUL is a character of JSON; it is PostgreSQL's jsonb that has none, and nothing here is stored as jsonb.
    assert taken == ["nul-in-jsonb"]
    wrong = [bits for bits, text in cases["numbers"].items() if format_number(double(bits)) != text]
    assert wrong == []


# --- Agreement with the reference implementation ---------------------------------------------------------

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, max_size=12)
integers = st.integers(-JSON_INTEGER_MAX, JSON_INTEGER_MAX)
doubles = st.floats(allow_nan=False, allow_infinity=False)
stable_doubles = doubles.filter(is_stable_number)


def documents(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | integers | numbers | texts
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
        max_leaves=25,
    )


@given(documents(doubles))
@example({"\ufb33": 1, "\U0001f600": 2})
@example({"a": 1.0, "b": -0.0, "c": 1e21, "d": 1e-7, "e": 2.0**53})
@example(["1.0", "1e5", "9007199254740993", "\\", '"', "\u2028\x7f\x00"])
def test_the_canonical_form_is_that_of_the_reference(document: Any) -> None:
    assert encode(document) == rfc8785.dumps(document)


@given(documents(stable_doubles))
def test_a_canonical_text_is_its_own_canonical_form(document: Any) -> None:
    canonical = encode(document)
    assert encode(parse(canonical)) == canonical


@given(documents(doubles))
def test_the_fast_way_to_write_is_the_exact_way(document: Any) -> None:
    parts: list[str] = []
    canonical_json._write(document, parts, ())
    assert encode(document) == "".join(parts).encode()


@given(documents(stable_doubles), st.sampled_from([None, 2]))
def test_the_fast_way_to_read_is_the_exact_way(document: Any, indent: int | None) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=indent is None)
    exact = canonical_json._Scanner(text).document()
    found = parse(text.encode())
    # As canonical text, because 1 and 1.0 are equal in Python and True is 1.
    assert repr(found) == repr(exact)


@given(st.text(alphabet='[]{}:,"\\ue+-.0123456789abfnrtdD8C \n', max_size=24))
@example('{"a":1,"\\u0061":2}')
@example('["\\ud83d\\ude00"]')
@example("[1e400]")
def test_what_one_way_refuses_the_other_refuses_too(text: str) -> None:
    def outcome(read: Any) -> str:
        try:
            return repr(read())
        except MalformedJson as error:
            return f"{error.problems[0].pointer} {error.problems[0].code}"

    assert outcome(lambda: parse(text.encode())) == outcome(lambda: canonical_json._Scanner(text).document())


@given(doubles)
def test_a_stable_number_is_one_that_is_read_as_what_was_written(value: float) -> None:
    try:
        found = parse(encode(value))
    except MalformedJson:
        assert not is_stable_number(value)
    else:
        assert is_stable_number(value)
        assert found == value


# --- What is refused, and where --------------------------------------------------------------------------

_DEEP = JSON_DEPTH_MAX + 1

#: Text, pointer to what is refused, code.
REFUSED = [
    (b"", "", "syntax"),
    (b"{} {}", "", "syntax"),
    (b"\xef\xbb\xbf{}", "", "syntax"),
    (b'"\xff"', "", "not_utf8"),
    (b"'a'", "", "syntax"),
    (b"[1,]", "/1", "syntax"),
    (b"[1 2]", "", "syntax"),
    (b'{"a" 1}', "", "syntax"),
    (b'{"a":1,}', "", "syntax"),
    (b"{a:1}", "", "syntax"),
    (b'{"a":{"b":}}', "/a/b", "syntax"),
    (b'["a\nb"]', "/0", "syntax"),
    (b'["\\x"]', "/0", "syntax"),
    (b'["\\u12"]', "/0", "syntax"),
    (b'["abc', "/0", "syntax"),
    (b"[01]", "", "syntax"),
    (b"[+1]", "/0", "syntax"),
    (b"[.5]", "/0", "syntax"),
    (b"[1.]", "", "syntax"),
    (b"[True]", "/0", "syntax"),
    (b"NaN", "", "not_finite"),
    (b'{"a":[0,Infinity]}', "/a/1", "not_finite"),
    (b'{"a":-Infinity}', "/a", "not_finite"),
    (b'{"a":1E400}', "/a", "not_finite"),
    (b'{"a":-1e999}', "/a", "not_finite"),
    (b"[9007199254740992]", "/0", "integer_out_of_range"),
    (b"[-9007199254740992]", "/0", "integer_out_of_range"),
    (b"[9007199254740992.0]", "/0", "integer_out_of_range"),
    (b"[1e16]", "/0", "integer_out_of_range"),
    (b"[1" + b"0" * 5000 + b"]", "/0", "integer_out_of_range"),
    (b'{"a":1,"b":2,"a":3}', "/a", "duplicate_key"),
    (b'{"a":1,"\\u0061":2}', "/a", "duplicate_key"),
    (b'{"x":[{"~/":1,"~/":2}]}', "/x/0/~0~1", "duplicate_key"),
    (b'{"a":"\\ud800"}', "/a", "lone_surrogate"),
    (b'{"a":"\\udc00\\ud800"}', "/a", "lone_surrogate"),
    (b'{"\\udead":1}', "", "lone_surrogate"),
    (b"[" * _DEEP + b"]" * _DEEP, "/0" * JSON_DEPTH_MAX, "too_deep"),
    (b'{"a":' * _DEEP + b"1" + b"}" * _DEEP, "/a" * JSON_DEPTH_MAX, "too_deep"),
    (b"[" * 100_000, "/0" * JSON_DEPTH_MAX, "too_deep"),
]


@pytest.mark.parametrize(("source", "pointer", "code"), REFUSED, ids=[repr(row[0][:24]) for row in REFUSED])
def test_a_text_is_refused_with_its_place(source: bytes, pointer: str, code: str) -> None:
    with pytest.raises(MalformedJson) as refused:
        parse(source)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [(pointer, code)]


def test_a_fault_of_syntax_is_told_with_line_and_column() -> None:
    with pytest.raises(MalformedJson, match=r"line 3, column 8"):
        parse(b'{\n  "a": 1,\n  "b": x\n}')


#: Text, and the value it stands for: what looks like a fault and is none.
TAKEN = [
    (b" \t\r\n1 ", 1),
    (b"[9007199254740991,-9007199254740991]", [JSON_INTEGER_MAX, -JSON_INTEGER_MAX]),
    (b"[1.0,1e2,-0.0]", [1.0, 100.0, -0.0]),
    (b"[1e21,1.5e300]", [1e21, 1.5e300]),
    (b"[1e-400]", [0.0]),
    (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
    (b'["\\u0000"]', ["\0"]),
    (b'{"":{"":1}}', {"": {"": 1}}),
    (b'["NaN","1e400","\\\\ud800",{"a":1},{"a":2}]', ["NaN", "1e400", "\\ud800", {"a": 1}, {"a": 2}]),
    (b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX, None),
]


@pytest.mark.parametrize(("source", "value"), TAKEN, ids=[repr(row[0][:24]) for row in TAKEN])
def test_a_text_is_taken_for_what_it_says(source: bytes, value: Any) -> None:
    found = parse(source)
    if value is not None:
        assert repr(found) == repr(value)


def test_a_text_may_be_as_long_as_the_bound_and_not_longer() -> None:
    at_bound = b'"' + b"a" * 98 + b'"'
    assert parse(at_bound, bytes_max=100) == "a" * 98
    with pytest.raises(MalformedJson) as refused:
        parse(at_bound + b" ", bytes_max=100)
    assert refused.value.problems[0].code == "too_large"
    assert parse(b" " * (JSON_BYTES_MAX - 1) + b"1") == 1
    with pytest.raises(MalformedJson):
        parse(b" " * JSON_BYTES_MAX + b"1")


class _Colour(IntEnum):
    RED = 3


#: What has no canonical form, with its pointer and code.
WITHOUT_FORM = [
    (math.nan, "", "not_finite"),
    ({"a": [1, math.inf]}, "/a/1", "not_finite"),
    ([-math.inf], "/0", "not_finite"),
    ([JSON_INTEGER_MAX + 1], "/0", "integer_out_of_range"),
    ({"a": -JSON_INTEGER_MAX - 1}, "/a", "integer_out_of_range"),
    ({"a": "\ud800"}, "/a", "lone_surrogate"),
    ({"\udfff": 1}, "", "lone_surrogate"),
    ({"a": b"bytes"}, "/a", "not_json"),
    ({"a": {1, 2}}, "/a", "not_json"),
    ({"a": object()}, "/a", "not_json"),
    ({"a": {("b", "c"): 1}}, "/a", "not_json"),
]


@pytest.mark.parametrize(("value", "pointer", "code"), WITHOUT_FORM)
def test_a_value_without_a_canonical_form_is_refused_with_its_place(
    value: object, pointer: str, code: str
) -> None:
    with pytest.raises(MalformedJson) as refused:
        encode(value)
    assert [(problem.pointer, problem.code) for problem in refused.value.problems] == [(pointer, code)]


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_a_value_may_be_as_deep_as_the_bound_and_not_deeper() -> None:
    assert encode(nested(JSON_DEPTH_MAX)) == b"[" * JSON_DEPTH_MAX + b"]" * JSON_DEPTH_MAX
    for depth in (JSON_DEPTH_MAX + 1, 5_000):
        with pytest.raises(MalformedJson) as refused:
            encode(nested(depth))
        assert refused.value.problems[0].code == "too_deep"
    wide = [[[]] * 200, "[" * 200]
    assert parse(encode(wide)) == wide


#: Python values that are written as what they are, whichever way writes them.
WRITTEN = [
    (True, b"true"),
    ([False, 0, 1, True], b"[false,0,1,true]"),
    ((1, "a"), b'[1,"a"]'),
    ({"colour": _Colour.RED}, b'{"colour":3}'),
    ({"b": 1, "a": 2.5}, b'{"a":2.5,"b":1}'),
    (
        {"\u20ac": 1, "\r": 2, "\U0001f600": 3, "\ufb33": 4},
        '{"\\r":2,"\u20ac":1,"\U0001f600":3,"\ufb33":4}'.encode(),
    ),
    ('\x00\x08\x1f\x7f\u2028/"\\', '"\\u0000\\b\\u001f\x7f\u2028/\\"\\\\"'.encode()),
    ([1.0, 100.0, -0.0, 1e21, 1e-7], b"[1,100,0,1e+21,1e-7]"),
    (["1.0", "1e21"], b'["1.0","1e21"]'),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_a_value_is_written_so(value: object, text: bytes) -> None:
    assert encode(value) == text
