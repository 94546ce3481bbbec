"""`actum rules`: what a template's rules make of an event, here and without a server."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.designs import read_shelf
from actum.entrypoints.cli.documents import Document, parse_value, read_document
from actum.entrypoints.cli.options import DEFAULT_OUTPUT, FileName, OutputOptions, UsedFiles
from actum.entrypoints.cli.refusals import Exit, UsageError
from actum.entrypoints.cli.screen import Screen, short_json

app = make_group("rules", "Try the rules of a template.")

JsonText = Annotated[str | None, Parameter(allow_leading_hyphen=True)]


@app.command(
    name="test",
    help_epilogue=example(
        """actum rules test meter.yaml --event meter.read --data '{"kwh": 120}'""",
        """actum rules test meter.yaml --event '{"type": "meter.read", "source": "m-1"}' --vars '{"limit": 3}'""",
    ),
)
def try_rules(
    file: FileName,
    /,
    *,
    event: Annotated[str, Parameter(allow_leading_hyphen=True)],
    data: JsonText = None,
    start_input: Annotated[JsonText, Parameter(name="--input")] = None,
    variables: Annotated[JsonText, Parameter(name="--vars")] = None,
    component: UsedFiles = (),
    output: OutputOptions = DEFAULT_OUTPUT,
) -> Exit:
    """Tell which messages a template's rules derive from an event, which of them fail,
    what models would be asked, and what that costs. No server is needed.

    Exits with 1 when the template has errors or would refuse the event.

    Parameters
    ----------
    file
        A template in YAML or JSON; `-` is standard input.
    event
        The event's type, or all of it as a JSON object (or @FILE): type, data, source, id, occurredAt.
    data
        The event's data: JSON, or @FILE.
    start_input
        What the execution was started with: JSON, or @FILE.
    variables
        What the variables hold: a JSON object of all of them, or @FILE.  [default: their first values]
    """
    from actum.platform.requests import convert_body
    from actum.templates.rules_trial import TrialReceived, run_trial

    body: dict[str, Any] = {"event": _event(event, data)}
    for name, text in (("input", start_input), ("vars", variables)):
        if text is not None:
            body[name] = parse_value(f"--{name}", text)
    received = convert_body(body, TrialReceived)
    trial = run_trial(_compile(read_document(file), component), received, datetime.now(UTC))
    told = _as_json(trial)
    Screen(output.is_json).tell(told, lambda console: _show(console, told))
    return Exit.OK if told["isAccepted"] and told["failed"] is None else Exit.FAILED


def _event(text: str, data: str | None) -> Any:
    """The event that the options describe. Raises UsageError and DocumentUnreadable."""
    if not text.startswith(("{", "@")):
        return {"type": text} | ({} if data is None else {"data": parse_value("--data", data)})
    if data is not None:
        raise UsageError("--data is for an --event that is named by its type")
    return parse_value("--event", text)


def _compile(document: Document, used: tuple[str, ...]) -> Any:
    """Raises TemplateUnusable with the line of every problem."""
    from actum.entrypoints.cli.simulate import TemplateUnusable
    from actum_core.errors import Invalid, Problem
    from actum_core.template import compile_template

    shelf = read_shelf(used)
    try:
        return compile_template(document.value, shelf.find_component, shelf.find_template)
    except Invalid as error:
        raise TemplateUnusable(
            Problem(each.pointer, each.code, f"{document.place_of(each.pointer)}: {each.detail}")
            for each in error.problems
            if each.severity == "error"
        ) from None


def _as_json(trial: object) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(trial))
    return told


def _show(console: Any, told: Mapping[str, Any]) -> None:
    for problem in told["problems"]:
        console.print(
            f"refused: {problem['pointer']}: {problem['detail']} ({problem['code']})", soft_wrap=True
        )
    if told["isIgnored"]:
        console.print("ignored: the template leaves events of this type alone")
    for warning in told["warnings"]:
        console.print(f"warning: {_reason(warning)}", soft_wrap=True)
    for result in told["results"]:
        console.print(_line(result), soft_wrap=True)
    if told["failed"] is not None:
        console.print(f"failed: {_reason(told['failed'])}", soft_wrap=True)
    console.print(f"cost {told['cost']:,} of {told['costMax']:,}")


def _line(result: Mapping[str, Any]) -> str:
    rule, message = result["rule"] or "(no rule applies)", result["message"]
    if message is not None:
        content = "" if message["data"] is None else f"  {short_json(message['data'])}"
        return f"{rule}: {message['name']}{content}"
    if result["failure"] is not None:
        return f"{rule}: failed: {_reason(result['failure'])}"
    return f"{rule}: asks {result['request']['model']}: {short_json(result['request']['prompt'])}"


def _reason(failure: Mapping[str, Any]) -> str:
    at = f" at {failure['place']}" if failure["place"] else ""
    return f"{failure['message']} ({failure['code']}{at})"
