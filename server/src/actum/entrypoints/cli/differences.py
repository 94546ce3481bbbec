"""Show how two versions of a template or component differ."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from cyclopts import Parameter

from actum.entrypoints.cli.client import Client, connect, path_of
from actum.entrypoints.cli.designs import Noun
from actum.entrypoints.cli.options import ServerOptions
from actum.entrypoints.cli.refusals import UsageError
from actum.entrypoints.cli.screen import Screen, short_json

DRAFT: Final = "draft"

#: How a command names one of two documents.
VersionName = Annotated[str | None, Parameter(help="The number of a version, or `draft`.")]

_MARKS: Final = {"added": "+", "removed": "-", "changed": "~", "moved": ">", "renamed": "="}


def diff_design(
    noun: Noun, name: str, versions: tuple[str | None, str | None], server: ServerOptions
) -> None:
    """Tell the changes from one version to another: from the latest to the draft, where none are named."""
    with connect(server) as client:
        path = path_of(noun.path, name)
        source, target = versions
        source = _checked(source) if source is not None else _latest(client, path)
        target = _checked(target) if target is not None else DRAFT
        found = client.get(f"{path}/versions/{source}/diff/{target}")
    Screen(server.is_json).tell(found, lambda console: _show(console, found, name))


def _checked(version: str) -> str:
    if version == DRAFT or (version.isdecimal() and version.isascii()):
        return version
    raise UsageError(f"{version!r} is neither the number of a version nor `draft`")


def _latest(client: Client, path: str) -> str:
    latest = client.get(path)["latestVersion"]
    if not latest:
        raise UsageError("nothing is published yet that the draft could be compared with")
    return str(latest)


def _show(console: Any, found: Mapping[str, Any], name: str) -> None:
    for change in found["changes"]:
        console.print(_line(change), soft_wrap=True)
    told, total = len(found["changes"]), found["total"]
    if told < total:
        console.print(f"… and {total - told} more")
    source, target = (_version(found[side]) for side in ("source", "target"))
    verdict = "the same program" if found["sameProgram"] else "another program"
    changes = "no changes" if not total else "1 change" if total == 1 else f"{total} changes"
    console.print(f"{name}, {source} to {target}: {verdict}, {changes}", soft_wrap=True)


def _version(side: Mapping[str, Any]) -> str:
    return "the draft" if side["version"] is None else f"version {side['version']}"


def _line(change: Mapping[str, Any]) -> str:
    kind, source, target = change["change"], change["source"], change["target"]
    side = target or source
    line = f"{_MARKS[kind]} {change['part']} {side['name']}"
    if kind == "renamed":
        return f"{_MARKS[kind]} {change['part']} {source['name']} is called {target['name']}"
    if kind == "moved":
        return f"{line}: moved {_places(change['aspect'], source['value'], target['value'])}"
    if kind == "changed":
        aspect = f" {change['aspect']}:" if change["aspect"] else ""
        return f"{line}:{aspect} {_value(source['value'])} → {_value(target['value'])}"
    return f"{line}: {_value(side['value'])}" if side["value"] not in (None, {}) else line


def _places(aspect: str, source: Any, target: Any) -> str:
    if aspect == "parent":
        outer = [each or "the machine" for each in (source, target)]
        return f"out of {outer[0]} into {outer[1]}"
    return f"from place {source + 1} to place {target + 1}"


def _value(value: Any) -> str:
    return "nothing" if value is None else short_json(value)
