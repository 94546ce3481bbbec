"""Read the cases of google/cel-spec as JSON, and judge the evaluator by them."""

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actum_core.expression import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    EvaluationError,
    ExpressionInvalid,
    Meter,
    OptionalValue,
    Overload,
    Scope,
    Type,
    TypeValue,
    Uint,
    abstract,
    compile_expression,
    compile_unchecked,
    list_of,
    map_of,
    optional_of,
    variable,
)
from actum_core.expression.parse import parse_expression
from actum_core.expression.time_text import parse_duration, parse_timestamp
from actum_core.expression.values import BooleanKeyMap

Case = Mapping[str, Any]

_PROTOBUF = re.compile(
    r"TestAllTypes|TestRequired|Proto2|cel\.expr\.conformance|google\.protobuf\.(?!Timestamp\b|Duration\b)"
    r"|GlobalEnum|messageType|proto\.(?:has|get)Ext"
)
_IN_GOOGLE_PROTOBUF = re.compile(
    r"\b(?:Bool|Bytes|Double|Float|String|U?[Ii]nt(?:32|64))Value\{|\b(?:Any|Value|Struct)\{"
)


def needs_protobuf(case: Case) -> bool:
    """Whether a case has to do with messages or enums, which the language leaves out."""
    if str(case.get("container", "")).startswith(("cel.expr.conformance", "google.protobuf")):
        return True
    text = json.dumps([case.get(part) for part in ("expr", "bindings", "typeEnv", "value", "typedResult")])
    return bool(_PROTOBUF.search(text) or _IN_GOOGLE_PROTOBUF.search(text))


def load_cases(path: Path) -> list[Case]:
    return [case for case in json.loads(path.read_text(encoding="utf-8")) if not needs_protobuf(case)]


def case_id(case: Case) -> str:
    return f"{case['file']}/{case['section']}/{case['name']}" if "name" in case else str(case["expr"])


_PRIMITIVES = {
    "BOOL": BOOL,
    "INT64": INT,
    "UINT64": UINT,
    "DOUBLE": DOUBLE,
    "STRING": STRING,
    "BYTES": BYTES,
}


def to_type(data: Mapping[str, Any]) -> Type:
    """A type of cel-spec's checked.proto in its JSON form."""
    ((kind, value),) = data.items()
    match kind:
        case "primitive":
            return _PRIMITIVES[value]
        case "null":
            return NULL
        case "dyn":
            return DYN
        case "wellKnown":
            return {"TIMESTAMP": TIMESTAMP, "DURATION": DURATION}[value]
        case "listType":
            return list_of(to_type(value["elemType"]))
        case "mapType":
            return map_of(to_type(value["keyType"]), to_type(value["valueType"]))
        case "type":
            return TYPE
        case "typeParam":
            return variable(value)
        case "abstractType":
            parameters = [to_type(part) for part in value.get("parameterTypes", [])]
            if value["name"] == "optional_type":
                return optional_of(*parameters)
            return abstract(value["name"], *parameters)
        case _:
            raise AssertionError(f"unknown type {data}")


def to_value(data: Mapping[str, Any]) -> Any:
    """A value of cel-spec's value.proto in its JSON form."""
    ((kind, value),) = data.items()
    match kind:
        case "int64Value":
            return int(value)
        case "uint64Value":
            return Uint(int(value))
        case "doubleValue":
            return float(value)
        case "bytesValue":
            return base64.b64decode(value)
        case "listValue":
            return [to_value(item) for item in value.get("values", [])]
        case "mapValue":
            return BooleanKeyMap((to_value(e["key"]), to_value(e["value"])) for e in value.get("entries", []))
        case "typeValue":
            return TypeValue(value)
        case "objectValue" if value["@type"].endswith("Timestamp"):
            return parse_timestamp(value["value"])
        case "objectValue" if value["@type"].endswith("Duration"):
            return parse_duration(value["value"])
        case _:
            return value


def same(expected: Any, found: Any) -> bool:
    """Equal in value and type: 1, 1u, 1.0 and true are four values."""
    if isinstance(expected, list | tuple):
        return (
            isinstance(found, list | tuple)
            and len(expected) == len(found)
            and all(map(same, expected, found))
        )
    if isinstance(expected, dict):
        if not isinstance(found, dict) or len(expected) != len(found):
            return False
        left = sorted(expected.items(), key=lambda entry: (type(entry[0]).__name__, entry[0]))
        right = sorted(found.items(), key=lambda entry: (type(entry[0]).__name__, entry[0]))
        return all(same(a, c) and same(b, d) for (a, b), (c, d) in zip(left, right, strict=True))
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(expected, OptionalValue):
        return isinstance(found, OptionalValue) and expected == found
    return type(expected) is type(found) and bool(expected == found)


@dataclass(frozen=True, slots=True)
class Verdict:
    is_right: bool
    detail: str = ""


def to_functions(case: Case) -> dict[str, list[Overload]]:
    functions: dict[str, list[Overload]] = {}
    for declaration in case.get("typeEnv", []):
        name = declaration["name"]
        for form in declaration.get("function", {}).get("overloads", []):
            parameters = tuple(to_type(part) for part in form.get("params", []))
            is_member = bool(form.get("isInstanceFunction"))
            functions.setdefault(name, []).append(
                Overload(parameters, to_type(form["resultType"]), None, is_member=is_member)
            )
    return functions


def to_scope(case: Case) -> Scope:
    variables = {
        declaration["name"]: to_type(declaration["ident"]["type"])
        for declaration in case.get("typeEnv", [])
        if "ident" in declaration
    }
    for name in case.get("bindings", {}):
        variables.setdefault(name, DYN)
    return Scope(variables, to_functions(case), str(case.get("container", "")))


#: What cel-go's tests of its checker declare besides what each case says.
_CHECKER_NAMES = {
    "is": STRING,
    "ii": INT,
    "iu": UINT,
    "iz": BOOL,
    "ib": BYTES,
    "id": DOUBLE,
    "ix": NULL,
}
_CHECKER_FUNCTIONS = {
    "fg_s": Overload((), STRING, None),
    "fi_s_s": Overload((STRING,), STRING, None, is_member=True),
}


def judge_syntax(case: Case) -> Verdict:
    """Whether the expression parses exactly when cel-go parses it."""
    try:
        parse_expression(case["expr"])
    except ExpressionInvalid as error:
        return Verdict(not case["parses"], f"refused: {error}")
    return Verdict(case["parses"], "parsed")


def judge_type(case: Case) -> Verdict:
    """Compare the type of the result with the one that cel-go finds; where it finds none, we find a fault too."""
    scope = to_scope(case)
    if case["file"] == "checking":
        names = {**_CHECKER_NAMES, **scope.variables}
        scope = Scope(names, {**_CHECKER_FUNCTIONS, **to_functions(case)}, scope.container)
    try:
        found = str(compile_expression(case["expr"], scope).result_type)
    except ExpressionInvalid as error:
        return Verdict("type" not in case, str(error))
    return Verdict(found == case.get("type"), f"type {found}, not {case.get('type')}")


def judge(case: Case) -> Verdict:
    """Run one case and compare its result, error or type with what cel-spec says."""
    scope = to_scope(case)
    compile_ = compile_unchecked if case.get("disableCheck") else compile_expression
    try:
        expression = compile_(case["expr"], scope)
    except ExpressionInvalid as error:
        return Verdict("evalError" in case, f"refused: {error}")
    if "typedResult" in case:
        wanted = to_type(case["typedResult"]["deducedType"])
        if str(expression.result_type) != str(wanted):
            return Verdict(False, f"type {expression.result_type}, not {wanted}")
    if case.get("checkOnly"):
        return Verdict(True)
    activation = {name: to_value(binding["value"]) for name, binding in case.get("bindings", {}).items()}
    try:
        found = expression.evaluate(activation, Meter())
    except EvaluationError as error:
        return Verdict("evalError" in case, f"failed: {error.code} {error}")
    if "evalError" in case:
        return Verdict(False, f"gave {found!r}, not an error")
    typed = case.get("typedResult", {}).get("result")
    wanted_value = to_value(case.get("value", typed or {"boolValue": True}))
    return Verdict(same(wanted_value, found), f"gave {found!r}, not {wanted_value!r}")
