"""Read the smallest parts of a document: data, names, texts that may be expressions, times."""

from typing import Any

from actum_core.canonical_json import JsonValue
from actum_core.expression import EvaluationError
from actum_core.limits import NAME_LENGTH_MAX
from actum_core.template import names
from actum_core.template.document import Data, Text
from actum_core.template.fields import TEXTS
from actum_core.template.reader import Reader
from actum_core.template.times import format_duration, format_timestamp, parse_delay, parse_timestamp


def sorted_data(value: JsonValue) -> Data:
    """``value`` with the keys of every object in canonical order (RFC 8785, 3.2.3).

    Maps are run through by expressions in the order of their keys, so the live program must have the order
    that its canonical form has.
    """
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: sorted_data(value[key]) for key in keys}
    if isinstance(value, list):
        return [sorted_data(member) for member in value]
    return value


def parse_descriptors(value: object, reader: Reader, pointer: str) -> tuple[str, ...]:
    """The event descriptors of one text, separated by spaces (SCXML, 3.12.1)."""
    text = reader.text(value, pointer)
    if text is None:
        return ()
    descriptors = []
    for token in text.split():
        descriptor = names.normal_descriptor(token)
        if descriptor is None:
            reader.report(
                pointer, "bad_name", f"{token[:64]!r} is not an event descriptor, such as order.paid or *"
            )
        elif descriptor not in descriptors:
            descriptors.append(descriptor)
    if not text.split():
        reader.report(pointer, "bad_name", "an event descriptor was expected, such as order.paid or *")
    return tuple(descriptors)


def parse_name(value: object, reader: Reader, pointer: str) -> str | None:
    """The name of an event or message: literal, or data that an expression makes."""
    text = reader.text(value, pointer)
    if text is None:
        return None
    if text.startswith("=") or names.is_event_name(text):
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} is not a name, such as order.paid")
    return None


def parse_text(value: object, reader: Reader, pointer: str) -> Text | None:
    """A string that is not empty, or an expression for one."""
    text = reader.text(value, pointer)
    if text == "" or text == "=":
        reader.report(pointer, "bad_value", "a name or an expression was expected, the string is empty")
        return None
    if text is not None and text.startswith("=="):
        reader.report(
            pointer, "bad_value", "what stands here never begins with =, so there is nothing to escape"
        )
        return None
    return text


def parse_id(value: object, reader: Reader, pointer: str) -> Text | None:
    """A name that can be a part of an event's name and of an address, or an expression for one."""
    text = parse_text(value, reader, pointer)
    if text is None or text.startswith("=") or names.is_state_id(text):
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} is not an id: letters, digits and _ . : -")
    return None


def parse_label(value: object, reader: Reader, pointer: str) -> Text | None:
    """What somebody calls a send or a request: any text of moderate length, or an expression."""
    text = parse_text(value, reader, pointer)
    if text is None or text.startswith("=") or len(text) <= NAME_LENGTH_MAX:
        return text
    reader.report(pointer, "bad_name", f"an id has at most {NAME_LENGTH_MAX} characters")
    return None


def parse_variable(value: object, reader: Reader, pointer: str) -> str | None:
    """The name of a variable that is to be set."""
    text = reader.text(value, pointer)
    if text is None or names.is_variable_name(text):
        return text
    reader.report(pointer, "bad_name", f"{text[:64]!r} is not a variable name: letters, digits and _")
    return None


def parse_length(value: object, reader: Reader, pointer: str) -> Text | None:
    """A length of time in its normal form (``129600s``), or an expression for one."""
    text = parse_text(value, reader, pointer)
    if text is None or text.startswith("="):
        return text
    try:
        return format_duration(parse_delay(text))
    except EvaluationError as error:
        reader.report(pointer, "bad_value", error.message)
        return None


def parse_moment(value: object, reader: Reader, pointer: str) -> Text | None:
    """A moment in its normal form (RFC 3339 in UTC), or an expression for one."""
    text = parse_text(value, reader, pointer)
    if text is None or text.startswith("="):
        return text
    try:
        return format_timestamp(parse_timestamp(text))
    except EvaluationError as error:
        reader.report(pointer, "bad_value", error.message)
        return None


def check_texts(members: dict[str, Any], reader: Reader, pointer: str) -> None:
    """See that titles and descriptions are text; they are for people and are not kept."""
    for name in TEXTS:
        if name in members:
            reader.text(members[name], f"{pointer}/{name}")


def report_missing(members: dict[str, Any], wanted: tuple[str, ...], reader: Reader, pointer: str) -> None:
    """Report each of the wanted fields that is not there."""
    for name in wanted:
        if name not in members:
            reader.report(pointer, "missing_field", f"the field {name!r} is missing")
