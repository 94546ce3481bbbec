"""`actum template`: check, publish, list and show templates."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from cyclopts import Parameter

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.documents import Document, read_document
from actum.entrypoints.cli.options import (
    DEFAULT_OUTPUT,
    DEFAULT_SERVER,
    FileName,
    Limit,
    OutputOptions,
    ServerOptions,
)
from actum.entrypoints.cli.refusals import ApiRefused, Exit
from actum.entrypoints.cli.screen import Screen, make_facts, make_table, short_hash, short_time

app = make_group("template", "Check, publish, list and show templates.")

TemplateName = Annotated[str, Parameter(name="TEMPLATE", help="A template's name or id.")]


@app.command(
    name="check",
    help_epilogue=example("actum template check order.yaml", "actum template check *.yaml --json"),
)
def check_templates(first: FileName, /, *more: FileName, output: OutputOptions = DEFAULT_OUTPUT) -> Exit:
    """Check template files here, without a server, and print every problem with its
    place.

    Exits with 1 when there is an error; warnings alone exit with 0.

    Parameters
    ----------
    first
        A template in YAML or JSON; `-` is standard input.
    more
        More of them.
    """
    from actum_core.template import check_template

    screen = Screen(output.is_json)
    reports: list[dict[str, Any]] = []
    for name in (first, *more):
        document = read_document(name)
        problems = [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail, "severity": each.severity}
            for each in check_template(document.value)
        ]
        reports.append(_report(document, problems))
        _say_problems(screen, document, problems)
        errors, warnings = _count(problems, "error"), _count(problems, "warning")
        screen.say(f"{name}: " + (f"{errors} errors, {warnings} warnings" if problems else "no problems"))
    is_valid = all(report["isValid"] for report in reports)
    screen.tell({"object": "templateCheck", "isValid": is_valid, "files": reports}, lambda _: None)
    return Exit.OK if is_valid else Exit.FAILED


@app.command(name="publish", help_epilogue=example('actum template publish order.yaml --notes "asks twice"'))
def publish_templates(
    first: FileName,
    /,
    *more: FileName,
    notes: str = "",
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Publish template files as new versions; a template that is not there yet is
    created.

    A file whose program is the latest version already changes nothing, so a build
    may publish every time.

    Parameters
    ----------
    first
        A template in YAML or JSON; `-` is standard input.
    more
        More of them.
    notes
        What is new, for whoever reads the list of versions.
    """
    screen = Screen(server.is_json)
    documents = [read_document(name) for name in (first, *more)]
    published: list[dict[str, Any]] = []
    with connect(server) as client:
        for document in documents:
            version = publish_document(client, document, notes)
            published.append(version)
            _say_problems(screen, document, version["problems"])
            name = document.value["name"]
            how = "published" if version["created"] else "unchanged: still"
            screen.say(f"{name}: {how} version {version['version']} ({short_hash(version['programDigest'])})")
    told = published[0] if not more else {"object": "list", "data": published}
    screen.tell(told, lambda _: None)


@app.command(name="list", help_epilogue=example("actum template list"))
def list_templates(*, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER) -> None:
    """List templates, latest first."""
    with connect(server) as client:
        found = client.list_all("/v1/templates", limit)
    rows = (
        (each["name"], each["latestVersion"] or "(none)", short_time(each["updatedAt"]), each["id"])
        for each in found["data"]
    )
    columns = ("NAME", "VERSION", "UPDATED", "ID")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))


@app.command(
    name="show",
    help_epilogue=example(
        "actum template show traffic-light", "actum template show traffic-light --version 1 --json"
    ),
)
def show_template(
    template: TemplateName, /, *, version: int | None = None, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Show a template with its versions, or one version with its document.

    Parameters
    ----------
    version
        The number of a published version.  [default: the draft and the list of versions]
    """
    with connect(server) as client:
        path = path_of("templates", template)
        if version is not None:
            _show_version(Screen(server.is_json), client.get(f"{path}/versions/{version}"))
            return
        found = client.get(path)
        found["versions"] = client.list_all(f"{path}/versions", 100)["data"]
    _show_template(Screen(server.is_json), found)


def publish_document(client: Client, document: Document, notes: str = "") -> dict[str, Any]:
    """Publish a document as the next version of the template that it names. Raises ApiRefused with lines."""
    name = document.value.get("name") if isinstance(document.value, dict) else None
    try:
        if isinstance(name, str):
            try:
                return _publish(client, name, document, notes)
            except ApiRefused as error:
                if error.problem_code != "not_found":
                    raise
            # Compiled before the template is made, so that a faulty document leaves nothing behind.
            report = client.post("/v1/compile", {"document": document.value})
            if not report["isValid"]:
                raise ApiRefused(_refusal_of(report))
        created = client.post("/v1/templates", {"document": document.value})
        return _publish(client, created["name"], document, notes)
    except ApiRefused as error:
        raise ApiRefused(with_places(document, error.problem)) from None


def _publish(client: Client, name: str, document: Document, notes: str) -> dict[str, Any]:
    published: dict[str, Any] = client.post(
        path_of("templates", name, "versions"), {"document": document.value, "notes": notes}
    )
    return published


def with_places(document: Document, problem: Mapping[str, Any]) -> dict[str, Any]:
    """A refusal whose errors also say where in the file they are."""
    errors = [
        {
            **each,
            "detail": f"{document.place_of(each['pointer'].removeprefix('/document'))}: {each['detail']}",
        }
        for each in problem.get("errors") or ()
    ]
    return {**problem, "errors": errors}


def _refusal_of(report: Mapping[str, Any]) -> dict[str, Any]:
    errors = [each for each in report["problems"] if each["severity"] == "error"]
    return {
        "status": 422,
        "code": "template_invalid",
        "title": "Correct the template where the problems point, and publish it again",
        "detail": f"the template has {len(errors)} errors",
        "errors": errors,
    }


def _report(document: Document, problems: list[dict[str, Any]]) -> dict[str, Any]:
    placed = [{**each, "line": document.lines.get(each["pointer"])} for each in problems]
    return {"file": document.file, "isValid": not _count(problems, "error"), "problems": placed}


def _say_problems(screen: Screen, document: Document, problems: Iterable[Mapping[str, Any]]) -> None:
    for each in problems:
        where = document.place_of(each["pointer"])
        screen.say(
            f"{where}: {each['severity']}: {each['detail']} ({each['code']} at {each['pointer'] or '/'})"
        )


def _count(problems: Iterable[Mapping[str, Any]], severity: str) -> int:
    return sum(each["severity"] == severity for each in problems)


def _show_template(screen: Screen, found: dict[str, Any]) -> None:
    rows = (
        (each["version"], short_hash(each["programDigest"]), short_time(each["publishedAt"]), each["notes"])
        for each in found["versions"]
    )
    title = found["document"].get("title", "")
    facts = (
        ("template", found["name"]),
        ("id", found["id"]),
        ("title", title),
        ("updated", short_time(found["updatedAt"])),
    )

    def show(console: Any) -> None:
        console.print(make_facts(facts))
        console.print()
        console.print(make_table(("VERSION", "DIGEST", "PUBLISHED", "NOTES"), rows))

    screen.tell(found, show)


def _show_version(screen: Screen, found: dict[str, Any]) -> None:
    import yaml

    facts = (
        ("version", found["version"]),
        ("digest", found["programDigest"]),
        ("published", f"{short_time(found['publishedAt'])} by {found['publishedBy']}"),
        ("notes", found["notes"]),
    )

    def show(console: Any) -> None:
        console.print(make_facts(facts))
        console.print()
        console.print(yaml.safe_dump(found["document"], sort_keys=False, allow_unicode=True), soft_wrap=True)

    screen.tell(found, show)
