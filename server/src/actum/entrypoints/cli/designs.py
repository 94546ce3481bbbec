"""What the commands for templates and for components do alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.documents import Document, read_document
from actum.entrypoints.cli.options import ServerOptions
from actum.entrypoints.cli.refusals import ApiRefused, Exit
from actum.entrypoints.cli.screen import Screen, make_facts, make_table, short_hash, short_time


@dataclass(frozen=True, slots=True)
class Noun:
    """Which of the two is meant: what people call it, and where the API has it."""

    word: str
    path: str


TEMPLATE: Final = Noun("template", "templates")
COMPONENT: Final = Noun("component", "components")


# --- Check ----------------------------------------------------------------------------------------------


def check_files(names: Sequence[str], used: Sequence[str], screen: Screen) -> Exit:
    """Check documents without a server; `used` are files of components and templates that they name."""
    from actum_core.template import check_component, check_template

    shelf = read_shelf(used)
    reports: list[dict[str, Any]] = []
    for name in names:
        document = read_document(name)
        check = check_component if _kind_of(document.value) == COMPONENT.word else check_template
        problems = [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail, "severity": each.severity}
            for each in check(document.value, shelf.find_component, shelf.find_template)
        ]
        reports.append(_report(document, problems))
        say_problems(screen, document, problems)
        errors, warnings = _count(problems, "error"), _count(problems, "warning")
        screen.say(f"{name}: " + (f"{errors} errors, {warnings} warnings" if problems else "no problems"))
    is_valid = all(report["isValid"] for report in reports)
    screen.tell({"object": "templateCheck", "isValid": is_valid, "files": reports}, lambda _: None)
    return Exit.OK if is_valid else Exit.FAILED


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents at hand; each stands for every version of its name."""

    documents: Mapping[tuple[str, str], object]

    def find_component(self, name: str, _version: int) -> object:
        return self.documents.get((COMPONENT.word, name))

    def find_template(self, name: str, _version: int) -> object:
        return self.documents.get((TEMPLATE.word, name))


def read_shelf(files: Sequence[str]) -> Shelf:
    """The components and templates in files. Raises FileUnreadable and DocumentUnreadable."""
    values = (read_document(file).value for file in files)
    named = (value for value in values if isinstance(value, dict) and isinstance(value.get("name"), str))
    return Shelf({(_kind_of(value), value["name"]): value for value in named})


def _kind_of(value: object) -> str:
    is_component = isinstance(value, dict) and value.get("kind") == COMPONENT.word
    return COMPONENT.word if is_component else TEMPLATE.word


# --- Publish --------------------------------------------------------------------------------------------


def publish_files(noun: Noun, names: Sequence[str], notes: str, server: ServerOptions) -> None:
    """Publish documents as new versions, in the order in which they are given."""
    screen = Screen(server.is_json)
    documents = [read_document(name) for name in names]
    published: list[dict[str, Any]] = []
    with connect(server) as client:
        for document in documents:
            version = publish_document(client, noun, document, notes)
            published.append(version)
            say_problems(screen, document, version["problems"])
            screen.say(publication_of(document.value["name"], version))
    told = published[0] if len(published) == 1 else {"object": "list", "data": published}
    screen.tell(told, lambda _: None)


def publish_document(client: Client, noun: Noun, document: Document, notes: str = "") -> dict[str, Any]:
    """Publish a document as the next version of what it names. Raises ApiRefused with lines."""
    name = document.value.get("name") if isinstance(document.value, dict) else None
    try:
        if isinstance(name, str):
            try:
                return _publish(client, path_of(noun.path, name, "versions"), document, notes)
            except ApiRefused as error:
                if error.problem_code != "not_found":
                    raise
            # Compiled before the design is made, so that a faulty document leaves nothing behind.
            report = client.post("/v1/compile", {"document": document.value})
            if not report["isValid"]:
                raise ApiRefused(_refusal_of(noun, report))
        created = client.post(f"/v1/{noun.path}", {"document": document.value})
        return _publish(client, path_of(noun.path, created["name"], "versions"), document, notes)
    except ApiRefused as error:
        raise ApiRefused(with_places(document, error.problem)) from None


def publication_of(name: str, version: Mapping[str, Any]) -> str:
    """What publishing came to, for people."""
    how = "published" if version["created"] else "unchanged: still"
    return f"{name}: {how} version {version['version']} ({short_hash(version['programDigest'])})"


def _publish(client: Client, path: str, document: Document, notes: str) -> dict[str, Any]:
    published: dict[str, Any] = client.post(path, {"document": document.value, "notes": notes})
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


def _refusal_of(noun: Noun, report: Mapping[str, Any]) -> dict[str, Any]:
    errors = [each for each in report["problems"] if each["severity"] == "error"]
    return {
        "status": 422,
        "code": f"{noun.word}_invalid",
        "title": f"Correct the {noun.word} where the problems point, and publish it again",
        "detail": f"the {noun.word} has {len(errors)} errors",
        "errors": errors,
    }


def _report(document: Document, problems: list[dict[str, Any]]) -> dict[str, Any]:
    placed = [{**each, "line": document.lines.get(each["pointer"])} for each in problems]
    return {"file": document.file, "isValid": not _count(problems, "error"), "problems": placed}


def say_problems(screen: Screen, document: Document, problems: Iterable[Mapping[str, Any]]) -> None:
    """Each problem with its place in the file, for people."""
    for each in problems:
        where = document.place_of(each["pointer"])
        screen.say(
            f"{where}: {each['severity']}: {each['detail']} ({each['code']} at {each['pointer'] or '/'})"
        )


def _count(problems: Iterable[Mapping[str, Any]], severity: str) -> int:
    return sum(each["severity"] == severity for each in problems)


# --- Look -----------------------------------------------------------------------------------------------


def list_designs(noun: Noun, limit: int, server: ServerOptions) -> None:
    """Every template or component, latest first."""
    with connect(server) as client:
        found = client.list_all(f"/v1/{noun.path}", limit)
    rows = (
        (each["name"], each["latestVersion"] or "(none)", short_time(each["updatedAt"]), each["id"])
        for each in found["data"]
    )
    columns = ("NAME", "VERSION", "UPDATED", "ID")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))


def show_design(noun: Noun, name: str, version: int | None, server: ServerOptions) -> None:
    """A template or component with its versions, or one version with its document."""
    with connect(server) as client:
        path = path_of(noun.path, name)
        if version is not None:
            found = client.get(f"{path}/versions/{version}")
            found["usedBy"] = client.list_all(f"{path}/versions/{version}/used-by", 100)["data"]
            _show_version(Screen(server.is_json), found)
            return
        found = client.get(path)
        found["versions"] = client.list_all(f"{path}/versions", 100)["data"]
    _show_versions(Screen(server.is_json), noun, found)


def _show_versions(screen: Screen, noun: Noun, found: dict[str, Any]) -> None:
    rows = (
        (each["version"], short_hash(each["programDigest"]), short_time(each["publishedAt"]), each["notes"])
        for each in found["versions"]
    )
    title = found["document"].get("title", "")
    facts = (
        (noun.word, found["name"]),
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

    facts = [
        ("version", found["version"]),
        ("digest", found["programDigest"]),
        ("published", f"{short_time(found['publishedAt'])} by {found['publishedBy']}"),
        ("notes", found["notes"]),
    ]
    facts += [
        (words, ", ".join(f"{each['name']}@{each['version']}" for each in found[member]))
        for words, member in (("uses", "uses"), ("used by", "usedBy"))
        if found[member]
    ]

    def show(console: Any) -> None:
        console.print(make_facts(facts))
        console.print()
        console.print(yaml.safe_dump(found["document"], sort_keys=False, allow_unicode=True), soft_wrap=True)

    screen.tell(found, show)
