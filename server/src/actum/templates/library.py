"""The published versions that a document names, and those that these name in turn: read before it is compiled."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from actum.platform.database import Database
from actum.platform.limits import USED_BYTES_MAX
from actum.templates import store
from actum.templates.store import DesignKind, UsedVersion, VersionName
from actum_core import canonical_json
from actum_core.errors import ActumError, Invalid
from actum_core.limits import USES_MAX
from actum_core.template import parse_design
from actum_core.template.builtins import find_builtin
from actum_core.template.library import invoked_by, uses_of
from actum_core.template.names import parse_use


class UsesTooLarge(ActumError):
    """Use fewer or smaller components: all that this document uses together is too large to be compiled."""

    code: ClassVar[str] = "uses_too_large"


@dataclass(frozen=True, slots=True)
class Library:
    """Versions at hand, by how documents name them: the compiler looks things up in a thread, and asks no database."""

    versions: Mapping[VersionName, UsedVersion] = field(default_factory=dict)
    documents: Mapping[VersionName, Any] = field(default_factory=dict)

    def find_component(self, name: str, version: int) -> Any:
        """The document of a component's version, or None."""
        return self.documents.get(VersionName(DesignKind.COMPONENT, name, version))

    def find_template(self, name: str, version: int) -> Any:
        """The document of a template's version, or None."""
        return self.documents.get(VersionName(DesignKind.TEMPLATE, name, version))

    def uses_of(self, document: object) -> tuple[UsedVersion, ...]:
        """The versions here that a document names itself, each once."""
        return tuple(self.versions[name] for name in named_in(document) if name in self.versions)


async def load_library(database: Database, org_id: UUID, document: object) -> Library:
    """Everything of the org that a document needs to be compiled; what does not exist is left out.

    Published versions never change, so this needs no transaction with what is done with it. Raises UsesTooLarge.
    """
    waiting = await asyncio.to_thread(named_in, document)
    versions: dict[VersionName, UsedVersion] = {}
    documents: dict[VersionName, Any] = {}
    asked: set[VersionName] = set()
    bytes_left = USED_BYTES_MAX
    # One more than may be used is enough for the compiler to refuse the rest.
    while waiting and len(versions) <= USES_MAX:
        asked |= waiting
        async with database.transaction(org_id) as tx:
            found = await store.find_named_versions(tx, org_id, list(waiting)[: USES_MAX + 1], bytes_left)
        waiting = set()
        for each in found:
            name = VersionName(each.kind, each.name, each.version)
            if each.document is None:
                raise UsesTooLarge(f"the documents have more than {USED_BYTES_MAX} bytes")
            bytes_left -= len(each.document)
            versions[name] = each
            documents[name] = canonical_json.parse(each.document)
            waiting |= await asyncio.to_thread(named_in, documents[name])
        waiting -= asked
    return Library(versions, documents)


def named_in(document: object) -> set[VersionName]:
    """The versions that a document names; built-in components are nobody's version. Nothing, if it is no document."""
    if not _names_any(document):
        return set()
    try:
        design = parse_design(document)
    except Invalid:
        return set()
    components = (parse_use(use) for use, _ in uses_of(design))
    templates = (parse_use(use) for use, _ in invoked_by(design))
    return {
        *(
            VersionName(DesignKind.COMPONENT, *parsed)
            for parsed in components
            if parsed is not None and find_builtin(*parsed) is None
        ),
        *(VersionName(DesignKind.TEMPLATE, *parsed) for parsed in templates if parsed is not None),
    }


def _names_any(document: object) -> bool:
    """False for most documents, which then need not be read twice."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            named = value.get("use")
            if isinstance(named, str) and "@" in named:
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False
