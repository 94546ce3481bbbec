"""Import detector models of AWS IoT Events."""

from actum_core.errors import Invalid
from actum_core.formats.findings import Findings, plain_document
from actum_core.formats.iot_events.content import ContentWriter
from actum_core.formats.iot_events.machine import MachineWriter
from actum_core.formats.iot_events.model import DetectorModel, is_detector_model, read_model
from actum_core.formats.iot_events.survey import Survey, survey_model
from actum_core.formats.naming import template_name
from actum_core.formats.result import Document, Imported

__all__ = ["import_iot_events", "is_detector_model"]

_NAME = "detector-model"


def import_iot_events(document: object) -> Imported:
    """A detector model as a template: one execution is what the service calls a detector.

    Takes what ``CreateDetectorModel`` is sent, what ``DescribeDetectorModel`` answers, or a CloudFormation template
    with one detector model. Raises Invalid when there is no detector model in it.
    """
    findings = Findings()
    value = plain_document(document, findings)
    model = None if value is None else read_model(value, findings)
    if model is None:
        raise Invalid(findings.problems)
    return Imported(_written(model, findings), tuple(findings.problems))


def _written(model: DetectorModel, findings: Findings) -> Document:
    survey = survey_model(model)
    if model.key:
        detail = (
            f"the service keeps one detector for each value of {model.key!r}: start one execution for each, "
            "and post its messages to it"
        )
        findings.warn(model.pointer + "/key", "one_per_key", detail)
    writer = ContentWriter(survey, model.name, is_serial=model.is_serial, findings=findings)
    machine = MachineWriter(model, survey, writer, findings).machine()
    found: Document = {"format": "actum/1", "name": template_name(model.name, _NAME)}
    if model.name and model.name != found["name"]:
        found["title"] = model.name
    if model.description:
        found["description"] = model.description
    if variables := _variables(survey, writer):
        found["vars"] = variables
    found["events"] = {survey.events[name]: _event(model, name) for name in survey.inputs}
    for name, event in survey.events.items():
        if name != event:
            findings.warn(
                model.pointer, "renamed", f"messages of the input {name!r} are events {event!r} here"
            )
    if writer.outward.declared:
        found["actions"] = writer.outward.declared
    found["machine"] = machine
    return found


def _variables(survey: Survey, writer: ContentWriter) -> dict[str, dict[str, object]]:
    """The author's variables, the last message of each input, timers, and what is kept for a cycle."""
    found: dict[str, dict[str, object]] = {}
    # Only a variable of type double keeps 20.0 from being 20, between which the service tells.
    doubles = {survey.variables[name] for name, kind in survey.kinds.items() if kind == "decimal"}
    for name, variable in survey.variables.items():
        kind = "double" if variable in doubles else "any"
        found[variable] = {"type": kind} if variable == name else {"type": kind, "title": name}
    for name, variable in survey.inputs.items():
        found[variable] = {"type": "map", "title": f"The last message of {name}"}
    for name, variable in survey.flags.items():
        found[variable] = {"type": "bool", "title": f"The timer {name} has elapsed, and nobody asked yet"}
    for name, variable in survey.durations.items():
        found[variable] = {"type": "any", "title": f"Seconds that the timer {name} was last set to"}
    for name, kept in writer.kept.items():
        kind = "double" if name in doubles else "any"
        found[kept] = {"type": kind, "title": f"{name} as it was before the events of a cycle"}
    return found


def _event(model: DetectorModel, name: str) -> dict[str, object]:
    fields = model.inputs.get(name, ())
    schema: dict[str, object] = {"type": "object"}
    if fields:
        return {"description": f"Has {', '.join(fields)}"[:1000], "schema": schema}
    return {"schema": schema}
