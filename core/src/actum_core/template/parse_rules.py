"""Read the rules that make messages of events: by expressions, or by what a model answers."""

import re
from typing import Any, Final

from actum_core.errors import pointer_of
from actum_core.expression.regex import GROUPS_KEPT
from actum_core.limits import (
    EMISSIONS_MAX,
    EXTRACTS_MAX,
    PROMPT_EXPRESSIONS_MAX,
    PROMPT_LENGTH_MAX,
    RULES_MAX,
)
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import Emission, Extract, Inference, Rule
from actum_core.template.parse_values import (
    check_texts,
    parse_descriptors,
    parse_name,
    report_missing,
    sorted_data,
)
from actum_core.template.reader import Reader
from actum_core.template.schema import Schema, parse_schema


def parse_rules(value: object, reader: Reader) -> tuple[Rule, ...]:
    listed = reader.array(value, "/rules") or []
    reader.is_within(len(listed), RULES_MAX, "/rules", "rules")
    found: list[Rule] = []
    places: dict[str, str] = {}
    for index, member in enumerate(listed):
        rule = _rule(member, reader, f"/rules/{index}")
        if rule is None:
            continue
        if rule.id in places:
            reader.report(rule.pointer + "/id", "duplicate", f"the rule at {places[rule.id]} has this id too")
        places.setdefault(rule.id, rule.pointer)
        found.append(rule)
    return tuple(found)


def _rule(value: object, reader: Reader, pointer: str) -> Rule | None:
    kind = value.get("kind", "cel") if isinstance(value, dict) else "cel"
    if kind not in known.RULE_KINDS:
        detail = f"a kind of rule is one of {', '.join(known.RULE_KINDS)}"
        reader.report(pointer + "/kind", "bad_value", detail)
        return None
    is_ai = kind == "ai"
    members = reader.members(value, pointer, known.AI_RULE if is_ai else known.RULE)
    if members is None:
        return None
    report_missing(members, ("id", "on", "emit"), reader, pointer)
    check_texts(members, reader, pointer)
    rule_id = reader.text(members.get("id", "_"), pointer + "/id") or ""
    if not names.is_rule_id(rule_id):
        reader.report(
            pointer + "/id", "bad_name", f"{rule_id[:64]!r} is not a rule id: letters, digits and _ . : -"
        )
    return Rule(
        rule_id,
        parse_descriptors(members.get("on", "*"), reader, pointer + "/on"),
        reader.expression(members["when"], pointer + "/when") if "when" in members else None,
        _emissions(members.get("emit", []), reader, pointer + "/emit"),
        _extracts(members.get("extract", {}), reader, pointer + "/extract"),
        _inference(members, reader, pointer) if is_ai else None,
        pointer,
    )


def _emissions(value: object, reader: Reader, pointer: str) -> tuple[Emission, ...]:
    if not isinstance(value, list):
        emission = _emission(value, reader, pointer)
        return () if emission is None else (emission,)
    reader.is_within(len(value), EMISSIONS_MAX, pointer, "messages of one rule")
    found = (_emission(member, reader, f"{pointer}/{i}") for i, member in enumerate(value))
    return tuple(emission for emission in found if emission is not None)


def _emission(value: object, reader: Reader, pointer: str) -> Emission | None:
    if isinstance(value, str):
        message = parse_name(value, reader, pointer)
        return None if message is None else Emission(message, None, pointer)
    members = reader.members(value, pointer, known.EMISSION)
    if members is None:
        return None
    if "message" not in members:
        report_missing(members, ("message",), reader, pointer)
        return None
    message = parse_name(members["message"], reader, pointer + "/message")
    return None if message is None else Emission(message, sorted_data(members.get("data")), pointer)


def _extracts(value: object, reader: Reader, pointer: str) -> tuple[Extract, ...]:
    members = reader.mapping(value, pointer) or {}
    reader.is_within(len(members), EXTRACTS_MAX, pointer, "extracted values")
    found = []
    for name in sorted(members):
        place = pointer + pointer_of(name)
        if not names.is_variable_name(name):
            reader.report(place, "bad_name", f"{name[:64]!r} cannot name a value: letters, digits and _")
        fields = reader.members(members[name], place, known.EXTRACT)
        if fields is None:
            continue
        report_missing(fields, ("regex", "from"), reader, place)
        pattern = reader.text(fields.get("regex", ""), place + "/regex") or ""
        source = reader.expression(fields.get("from", "=null"), place + "/from") or ""
        group = _group(fields.get("group"), pattern, reader, place)
        found.append(Extract(name, pattern, source.removeprefix("="), group, place))
    return tuple(found)


def _group(value: object, pattern: str, reader: Reader, pointer: str) -> int:
    """Which group is meant: the first when there is one, unless the author says."""
    regex = reader.pattern(pattern, pointer + "/regex")
    if regex is None:
        return 0
    groups = min(regex.groups, GROUPS_KEPT)
    if value is None:
        return min(groups, 1)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= groups:
        return value
    reader.report(pointer + "/group", "bad_value", f"the pattern has groups 0 to {groups}")
    return 0


def _inference(members: dict[str, Any], reader: Reader, pointer: str) -> Inference:
    report_missing(members, ("prompt", "output"), reader, pointer)
    model = reader.text(members.get("model", _MODEL), pointer + "/model") or _MODEL
    if not names.is_state_id(model):
        detail = f"{model[:64]!r} does not name a model: letters, digits and _ . : -"
        reader.report(pointer + "/model", "bad_name", detail)
    prompt = reader.text(members.get("prompt", ""), pointer + "/prompt") or ""
    reader.is_within(len(prompt), PROMPT_LENGTH_MAX, pointer + "/prompt", "characters")
    output = (
        parse_schema(members["output"], reader, pointer + "/output") if "output" in members else Schema(True)
    )
    return Inference(model, _prompt(prompt, reader, pointer + "/prompt"), output, pointer)


#: The model of a rule that names none; which one that is, whoever asks it decides.
_MODEL: Final = "default"


def _prompt(text: str, reader: Reader, pointer: str) -> tuple[str, ...]:
    """The text cut at its ``{{expressions}}``, so that those stand at the odd places."""
    parts: list[str] = []
    end = 0
    while (start := text.find("{{", end)) >= 0:
        parts.append(text[end:start])
        close = _find_close(text, start + 2)
        source = text[start + 2 : close].strip() if close is not None else ""
        if close is None or not source:
            reader.report(pointer, "bad_value", f"an expression and }}}} were expected after offset {start}")
            return (text,)
        parts.append(source)
        end = close + 2
    parts.append(text[end:])
    reader.is_within(len(parts) // 2, PROMPT_EXPRESSIONS_MAX, pointer, "expressions")
    return tuple(parts)


def _find_close(text: str, start: int) -> int | None:
    """Where the ``}}`` stands that ends an expression: braces and strings within it are its own."""
    depth = 0
    for part in _BRACES.finditer(text, start):
        word = part[0]
        if word == "{":
            depth += 1
        elif word == "}" and depth:
            depth -= 1
        elif word == "}":
            return part.start() if text.startswith("}}", part.start()) else None
    return None


#: A string of the expression language, without regard to its kind, or a brace. One that does not end takes the
#: rest of the text, so that no character is looked at more than twice.
_BRACES: Final = re.compile(r"""'(?:[^'\\]|\\.)*(?:'|\\?\Z)|"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}]""", re.DOTALL)
