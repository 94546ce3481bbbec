"""Read which child machines a state invokes."""

from typing import Any

from actum_core.limits import INVOKES_MAX
from actum_core.template import fields as known
from actum_core.template import names
from actum_core.template.document import Invoke, Text
from actum_core.template.parse_content import parse_block
from actum_core.template.parse_values import (
    check_texts,
    parse_id,
    parse_text,
    parse_variable,
    report_missing,
    sorted_data,
)
from actum_core.template.reader import Reader


def parse_invokes(value: object, reader: Reader, pointer: str) -> tuple[Invoke, ...]:
    """One invoke, or an array of them, in the order in which they start."""
    if not isinstance(value, list):
        only = _invoke(value, reader, pointer)
        return () if only is None else (only,)
    reader.is_within(len(value), INVOKES_MAX, pointer, "child machines of one state")
    found = [_invoke(member, reader, f"{pointer}/{index}") for index, member in enumerate(value)]
    made = tuple(invoke for invoke in found if invoke is not None)
    literal = [invoke.id for invoke in made if invoke.id is not None and not invoke.id.startswith("=")]
    for invoke in made:
        if literal.count(invoke.id or "") > 1:
            reader.report(invoke.pointer + "/id", "duplicate", f"another child here has the id {invoke.id!r}")
    return made


def _invoke(value: object, reader: Reader, pointer: str) -> Invoke | None:
    fields = reader.members(value, pointer, known.INVOKE)
    if fields is None:
        return None
    check_texts(fields, reader, pointer)
    use = _use(fields, reader, pointer)
    child_id = parse_id(fields["id"], reader, pointer + "/id") if "id" in fields else None
    variable = parse_variable(fields["id_to"], reader, pointer + "/id_to") if "id_to" in fields else None
    is_forwarding = "autoforward" in fields and reader.truth(fields["autoforward"], pointer + "/autoforward")
    block = parse_block(fields["finalize"], reader, pointer + "/finalize") if "finalize" in fields else ()
    if use is None:
        return None
    return Invoke(use, child_id, variable, sorted_data(fields.get("with")), is_forwarding, block, pointer)


def _use(fields: dict[str, Any], reader: Reader, pointer: str) -> Text | None:
    """A machine by its name, or a template by name and version: both stand in one field of the normal form."""
    if "use" in fields and "template" in fields:
        reader.report(pointer, "bad_value", "a child is a machine (use) or a template, not both")
        return None
    if "template" in fields:
        text = reader.text(fields["template"], pointer + "/template")
        if text is None or names.parse_use(text) is not None:
            return text
        reader.report(pointer + "/template", "bad_name", f"{text[:64]!r} is not a version, such as audit@2")
        return None
    if "use" not in fields:
        report_missing(fields, ("use",), reader, pointer)
        return None
    text = parse_text(fields["use"], reader, pointer + "/use")
    if text is None or text.startswith("=") or names.is_state_id(text) or names.parse_use(text) is not None:
        return text
    reader.report(pointer + "/use", "bad_name", f"{text[:64]!r} does not name a machine")
    return None
