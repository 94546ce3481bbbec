"""Random expressions of known types, from a seed: mostly valid, often failing while they run.

``HOLES`` has, for each type, forms with holes for parts of other types. What another implementation of the language
leaves open or does otherwise by intention (the order of a map's keys, int beside double) is not generated.
"""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from actum_core.expression import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    Scope,
    Uint,
    list_of,
    map_of,
)
from actum_core.expression.time_text import parse_duration, parse_timestamp

#: What generated expressions may mention, and its values: the same as in ``oracle.py``.
SCOPE = Scope(
    {"i": INT, "u": UINT, "d": DOUBLE, "s": STRING, "b": BYTES, "t": BOOL, "x": DYN}
    | {"w": TIMESTAMP, "q": DURATION, "l": list_of(INT), "m": map_of(STRING, INT)}
)

VALUES: Mapping[str, Any] = {
    "i": 5,
    "u": Uint(9),
    "d": 0.25,
    "s": "héllo wörld",
    "b": b"bytes",
    "t": True,
    "x": {"k": [1, "z", None, {"n": 1.5}], "n": 2},
    "w": parse_timestamp("2023-03-26T01:30:15.25Z"),
    "q": parse_duration("2h5ms"),
    "l": [3, 1, 2],
    "m": {"a": 1, "b": 2},
}

#: The variables that generated expressions use, by type, with more leaves of each.
LEAVES: Mapping[str, Sequence[str]] = {
    "int": ["0", "1", "-1", "2", "7", "100", "i", "9223372036854775807", "-9223372036854775808", "size(l)"],
    "uint": ["0u", "1u", "3u", "u", "18446744073709551615u", "42u"],
    "double": ["0.0", "1.0", "-1.5", "2.5", "d", "1e10", "0.1", "1e300", "-0.0"],
    "string": [
        "''",
        "'a'",
        "'abc'",
        "s",
        "'42'",
        "'-7'",
        "'1.5'",
        "'héé'",
        "'a,b,,c'",
        "'true'",
        "'  x '",
        "'😀b'",
    ],
    "bytes": ["b''", "b'ab'", "b", "b'\\xff\\x00'", "bytes('é')"],
    "bool": ["true", "false", "t", "x.k[0] == 1"],
    "time": [
        "timestamp(0)",
        "w",
        "timestamp('2024-02-29T23:59:59.5Z')",
        "timestamp('1969-12-31T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59Z')",
    ],
    "length": [
        "duration('1h')",
        "duration('-1.5s')",
        "q",
        "duration('0s')",
        "duration('90m')",
        "duration('1ms')",
    ],
    "ints": ["[]", "[1]", "l", "[1, 2, 2]", "[-1, 9223372036854775807]"],
    "strings": ["['a']", "['b', 'a']", "s.split('')", "'a,b'.split(',')"],
    "counts": ["{}", "{'a': 1}", "m", "{'k': -5}", "{'': 0}"],
    "any": [
        "x",
        "x.k",
        "x.k[1]",
        "x.k[2]",
        "x.k[3].n",
        "x.missing",
        "x.k[9]",
        "dyn(1)",
        "dyn('a')",
        "dyn(null)",
    ],
}

HOLES: Mapping[str, Sequence[str]] = {
    "int": [
        "{int} + {int}",
        "{int} - {int}",
        "{int} * {int}",
        "{int} / {int}",
        "{int} % {int}",
        "-{int}",
        "{bool} ? {int} : {int}",
        "{ints}[{int}]",
        "{counts}[{string}]",
        "{counts}.a",
        "size({string})",
        "{ints}.size()",
        "{bytes}.size()",
        "size({counts})",
        "int({double})",
        "int({uint})",
        "int({string})",
        "int({time})",
        "{string}.indexOf({string})",
        "{string}.lastIndexOf({string})",
        "{string}.indexOf({string}, {int})",
        "{time}.getFullYear()",
        "{time}.getMonth()",
        "{time}.getDayOfYear('-03:30')",
        "{time}.getHours('+05:45')",
        "{time}.getDayOfWeek()",
        "{time}.getMilliseconds()",
        "{length}.getSeconds()",
        "{length}.getMinutes()",
        "math.abs({int})",
        "math.sign({int})",
        "math.greatest({int}, {int})",
        "math.least([{int}, {int}])",
        "math.bitAnd({int}, {int})",
        "math.bitXor({int}, {int})",
        "math.bitShiftLeft({int}, {int})",
        "math.bitShiftRight({int}, {int})",
        "math.bitNot({int})",
        "cel.bind(v, {int}, v + v)",
        "optional.of({int}).orValue({int})",
        "{counts}[?{string}].orValue({int})",
        "{ints}[?{int}].orValue({int})",
        "x.?k[?0].orValue(3) == {int} ? 1 : 2",
    ],
    "uint": [
        "{uint} + {uint}",
        "{uint} - {uint}",
        "{uint} * {uint}",
        "{uint} / {uint}",
        "{uint} % {uint}",
        "uint({int})",
        "uint({double})",
        "uint({string})",
        "{bool} ? {uint} : {uint}",
        "math.bitOr({uint}, {uint})",
        "math.greatest({uint}, {uint})",
    ],
    "double": [
        "{double} + {double}",
        "{double} - {double}",
        "{double} * {double}",
        "{double} / {double}",
        "-{double}",
        "double({int})",
        "double({uint})",
        "double({string})",
        "{bool} ? {double} : {double}",
        "math.ceil({double})",
        "math.floor({double})",
        "math.round({double})",
        "math.trunc({double})",
        "math.abs({double})",
        "math.sign({double})",
        "math.sqrt({double})",
        "math.least({double}, {double})",
    ],
    "string": [
        "{string} + {string}",
        "{bool} ? {string} : {string}",
        "string({int})",
        "string({uint})",
        "string({bool})",
        "string({bytes})",
        "{strings}[{int}]",
        "{strings}.join()",
        "{strings}.join({string})",
        "{string}.charAt({int})",
        "{string}.substring({int})",
        "{string}.replace({string}, {string})",
        "{string}.replace({string}, {string}, {int})",
        "{string}.trim()",
        "{string}.lowerAscii()",
        "{string}.upperAscii()",
        "{string}.reverse()",
        "strings.quote({string})",
        "base64.encode({bytes})",
        "'%d %s %x'.format([{int}, {string}, {uint}])",
        "'%s'.format([{ints}])",
        "'%b %o %X'.format([{int}, {uint}, {string}])",
        "'%.2f'.format([{double}])",
        "cel.bind(v, {string}, v + v)",
    ],
    "bytes": [
        "{bytes} + {bytes}",
        "bytes({string})",
        "{bool} ? {bytes} : {bytes}",
        "base64.decode(base64.encode({bytes}))",
    ],
    "bool": [
        "{int} < {int}",
        "{int} == {int}",
        "{int} >= dyn({double})",
        "{uint} < dyn({int})",
        "dyn({double}) == {uint}",
        "{uint} != {uint}",
        "{double} <= {double}",
        "{string} == {string}",
        "{string} < {string}",
        "{bytes} > {bytes}",
        "{bool} != {bool}",
        "{bool} < {bool}",
        "{time} < {time}",
        "{time} == {time}",
        "{length} >= {length}",
        "{ints} == {ints}",
        "{counts} == {counts}",
        "{any} == {any}",
        "{any} != {any}",
        "{any} < {any}",
        "type({any}) == type({any})",
        "!{bool}",
        "{bool} && {bool}",
        "{bool} || {bool}",
        "{bool} && {bool} && {bool}",
        "{any} || {bool}",
        "{any} && {bool}",
        "{bool} ? {bool} : {bool}",
        "{int} in {ints}",
        "dyn({double}) in {ints}",
        "{string} in {counts}",
        "{string} in {strings}",
        "{any} in {ints}",
        "{string}.contains({string})",
        "{string}.startsWith({string})",
        "{string}.endsWith({string})",
        "{string}.matches('^[a-z]+$')",
        "{string}.matches('(a|b)*c?')",
        "{string}.matches({string})",
        "bool({string})",
        "has(x.k)",
        "has(x.zz)",
        "has({counts}.a)",
        "has({any}.n)",
        "{ints}.all(v, v {order} {int})",
        "{ints}.exists(v, v / {int} == 1)",
        "{ints}.exists_one(v, v == {int})",
        "{strings}.exists(v, v == {string})",
        "{counts}.all(v, v != {string})",
        "{counts}.exists(v, v == {string})",
        "optional.ofNonZeroValue({int}).hasValue()",
        "math.isNaN({double})",
        "math.isInf({double})",
        "math.isFinite({double})",
    ],
    "time": [
        "{time} + {length}",
        "{length} + {time}",
        "{time} - {length}",
        "timestamp({int})",
        "timestamp({string})",
        "{bool} ? {time} : {time}",
    ],
    "length": [
        "{length} + {length}",
        "{length} - {length}",
        "{time} - {time}",
        "duration({string})",
        "{bool} ? {length} : {length}",
    ],
    "ints": [
        "{ints} + {ints}",
        "[{int}, {int}]",
        "{ints}.map(v, v + {int})",
        "{ints}.map(v, v > {int}, v * 2)",
        "{ints}.filter(v, v {order} {int})",
        "{strings}.map(v, size(v))",
        "{bool} ? {ints} : {ints}",
        "[1, ?optional.ofNonZeroValue({int})]",
    ],
    "strings": [
        "{strings} + {strings}",
        "[{string}, {string}]",
        "('a' + {string}).split({string})",
        "('a' + {string}).split({string}, {int})",
        "{ints}.map(v, string(v))",
        "{strings}.filter(v, v != {string})",
    ],
    "counts": [
        "{{{string}: {int}}}",
        "{{'a': {int}, 'b': {int}}}",
        "{{'a': {int}, {string}: {int}}}",
        "{{?'a': optional.ofNonZeroValue({int})}}",
        "{bool} ? {counts} : {counts}",
    ],
    "any": [
        "dyn({int})",
        "dyn({string})",
        "dyn({double})",
        "dyn({ints})",
        "{any}.n",
        "{any}[0]",
        "{any}['k']",
        "{bool} ? {any} : {any}",
    ],
    "order": ["<", "<=", ">", ">=", "==", "!="],
}

#: Types whose values can be told whole; times are told as text.
WHOLE = ("int", "uint", "double", "string", "bytes", "bool", "ints", "strings", "counts")

_HOLE = re.compile(r"\{([a-z]+)\}")


def generate(source: random.Random, kind: str, depth: int) -> str:
    """One expression of a type, at most so many levels deep."""
    if kind == "order":
        return source.choice(HOLES["order"])
    if depth <= 0 or source.random() < 0.15:
        return source.choice(LEAVES[kind])
    form = source.choice(HOLES[kind]).replace("{{", "\0").replace("}}", "\1")

    def fill(match: re.Match[str]) -> str:
        part = generate(source, match[1], depth - 1)
        # What binds tightly needs no parentheses of its own; everything else gets some.
        return part if match[1] == "order" or re.fullmatch(r"\w+|'[^'\\]*'", part) else f"({part})"

    return _HOLE.sub(fill, form).replace("\0", "{").replace("\1", "}")


def generate_many(seed: int, count: int, depth: int = 4) -> list[str]:
    """Expressions of all types that can be told whole, and of times as text."""
    source = random.Random(seed)
    made = []
    for _ in range(count):
        kind = source.choice((*WHOLE, "time", "length"))
        text = generate(source, kind, source.randint(1, depth))
        made.append(text if kind in WHOLE else f"string({text})")
    return made
