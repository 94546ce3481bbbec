"""`actum template import` and `export`: other tools' formats."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.designs import TEMPLATE, publication_of, publish_document
from actum.entrypoints.cli.documents import Document, DocumentUnreadable, read_document, read_text
from actum.entrypoints.cli.options import ServerOptions
from actum.entrypoints.cli.refusals import Exit, UsageError
from actum.entrypoints.cli.screen import Screen
from actum_core.errors import Problem

#: What a file's name ends with; names of templates have no dots.
FILE_ENDINGS: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Import:
    """What is to become of a file: which format it is in, what it is to be called, and where it goes."""

    file: str
    format: str | None
    name: str | None
    is_saved: bool
    is_published: bool
    is_forced: bool


def import_file(wanted: Import, server: ServerOptions) -> Exit:
    """Tell the document that a file in another format comes to; save or publish it where that is asked for."""
    from actum.templates.foreign import read_source

    source = _read(wanted.file, wanted.format)
    read = read_source(source, wanted.format, wanted.file)
    document = dict(read.imported.document)
    if wanted.name is not None:
        document["name"] = wanted.name
    problems = [
        {"pointer": each.pointer, "code": each.code, "detail": each.detail, "severity": each.severity}
        for each in read.imported.problems
    ]
    _complain(wanted.file, problems)
    told: dict[str, Any] = {
        "object": "import",
        "format": read.format,
        "isComplete": read.imported.is_complete,
        "problems": problems,
        "document": document,
    }
    is_refused = (wanted.is_saved or wanted.is_published) and not (
        read.imported.is_complete or wanted.is_forced
    )
    if (wanted.is_saved or wanted.is_published) and not is_refused:
        told |= _send(wanted, Document(wanted.file, document, {}), server)
    Screen(server.is_json).tell(told, lambda console: _show(console, told))
    if is_refused:
        print("actum: not everything could be carried over: nothing is sent without --force", file=sys.stderr)
    return Exit.OK if read.imported.is_complete or wanted.is_forced else Exit.FAILED


def _read(file: str, form: str | None) -> object:
    """A template of our own as a document, which may be YAML; anything else as its text."""
    text = read_text(file)
    if form == "actum" or (form is None and file.endswith((".yaml", ".yml"))):
        return read_document(file).value
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"byte {error.start} is not UTF-8"
        raise DocumentUnreadable([Problem("", "unreadable", detail)]) from None


def _send(wanted: Import, document: Document, server: ServerOptions) -> dict[str, Any]:
    """Save the document as a new template's draft, or publish it; people are told beside standard output."""
    with connect(server) as client:
        if wanted.is_published:
            version = publish_document(client, TEMPLATE, document, f"imported from {wanted.file}")
            print(publication_of(document.value["name"], version), file=sys.stderr)
            return {"version": version}
        saved = client.post("/v1/templates", {"document": document.value})
        print(f"{saved['name']}: saved as a draft", file=sys.stderr)
        return {"template": {name: member for name, member in saved.items() if name != "document"}}


def _show(console: Any, told: Mapping[str, Any]) -> None:
    import yaml

    text = yaml.safe_dump(told["document"], sort_keys=False, allow_unicode=True)
    console.print(text.rstrip(), soft_wrap=True)


def _complain(file: str, problems: Iterable[Mapping[str, Any]]) -> None:
    for each in problems:
        where = f" ({each['code']} at {each['pointer']})" if each["pointer"] else f" ({each['code']})"
        print(f"{file}: {each['severity']}: {each['detail']}{where}", file=sys.stderr)


def export_template(name: str, form: str, version: str | None, server: ServerOptions) -> Exit:
    """Write a file's template, or a version of one that the server has, in another format."""
    if name.endswith(FILE_ENDINGS) or name == "-":
        if version is not None:
            raise UsageError("a file has no versions: leave out --version")
        told = _export_file(name, form)
    else:
        told = _export_version(name, form, version, server)
    if server.is_json:
        Screen(is_json=True).tell(told, lambda _: None)
    else:
        _complain(name, told["problems"])
        sys.stdout.write(told["text"] if told["text"].endswith("\n") else told["text"] + "\n")
        sys.stdout.flush()
    return Exit.OK if told["isComplete"] else Exit.FAILED


def _export_file(file: str, form: str) -> dict[str, Any]:
    from msgspec import to_builtins

    from actum.templates.foreign import exported_told, write_document

    found: dict[str, Any] = to_builtins(exported_told(form, write_document(read_document(file).value, form)))
    return found


def _export_version(name: str, form: str, version: str | None, server: ServerOptions) -> dict[str, Any]:
    """The latest version, where none is named."""
    with connect(server) as client:
        path = path_of("templates", name)
        if version is None:
            latest = client.get(path)["latestVersion"]
            version = str(latest) if latest else "draft"
        elif version != "draft" and not (version.isascii() and version.isdecimal()):
            raise UsageError(f"{version!r} is neither the number of a version nor `draft`")
        told: dict[str, Any] = client.get(f"{path}/versions/{version}/export", format=form)
        return told
