"""Ask the official C++ implementation: reads a JSON list of expressions, writes what becomes of each.

Run as a program of its own, because a result that the package cannot hand over may end the process.
"""

import datetime
import json
import sys
from typing import Any

NAMES = {
    "INT": "int",
    "UINT": "uint",
    "DOUBLE": "double",
    "STRING": "string",
    "BYTES": "bytes",
    "BOOL": "bool",
}


def make_environment() -> Any:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_strings

    t = cel.Type
    variables = {"i": t.INT, "u": t.UINT, "d": t.DOUBLE, "s": t.STRING, "b": t.BYTES, "t": t.BOOL, "x": t.DYN}
    variables |= {"w": t.TIMESTAMP, "q": t.DURATION, "l": t.List(t.INT), "m": t.Map(t.STRING, t.INT)}
    extensions = [
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
        ext_math.ExtMath(),
        ext_optional.ExtOptional(),
        ext_strings.ExtStrings(),
    ]
    return cel.NewEnv(variables=variables, extensions=extensions)


VALUES = {
    "i": 5,
    "u": 9,
    "d": 0.25,
    "s": "héllo wörld",
    "b": b"bytes",
    "t": True,
    "x": {"k": [1, "z", None, {"n": 1.5}], "n": 2},
    "w": datetime.datetime(2023, 3, 26, 1, 30, 15, 250_000, tzinfo=datetime.UTC),
    "q": datetime.timedelta(hours=2, milliseconds=5),
    "l": [3, 1, 2],
    "m": {"a": 1, "b": 2},
}


def told(value: Any) -> list[Any]:
    """A value with its type, as JSON."""
    name = value.type().name()
    inner = value.value()
    if name == "ERROR":
        return ["error", inner]
    if name == "NULL":
        return ["null"]
    if name == "DOUBLE":
        return ["double", inner.hex() if inner == inner else "nan"]
    if name == "BYTES":
        return ["bytes", bytes(inner).hex()]
    if name.startswith("LIST"):
        return ["list", [told(each) for each in inner]]
    if name.startswith("MAP"):
        return ["map", sorted([str(key), told(each)] for key, each in inner.items())]
    return [NAMES.get(name, name), str(inner) if name in ("INT", "UINT") else inner]


def answer(environment: Any, source: str) -> list[Any]:
    try:
        compiled = environment.compile(source)
    except Exception as error:
        return ["refused", str(error)[:300]]
    try:
        return told(compiled.eval(data=VALUES))
    except Exception as error:
        return ["untold", str(error)[:300]]


if __name__ == "__main__":
    environment = make_environment()
    for source in json.load(sys.stdin):
        print(json.dumps(answer(environment, source)), flush=True)
