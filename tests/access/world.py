"""Two orgs with something of everything in them, and whoever may or may not ask for it."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg

from actum.entrypoints.assemble import Tuning, upper_slices
from actum.orgs.access import Permission, Role
from actum.orgs.access_tokens import TOKEN_PREFIX, Wanted, generate_token_text, identifier_of, issue_token
from actum.orgs.create import NewOrg
from actum.platform.database import Database
from actum.platform.signals import Signals
from actum_core.identifiers import Prefix, format_identifier, uuid7

from ..serving import Api, serving
from .asking import Answer, Question, ask
from .routes import Row, Thing, component, document, flowing, network

Values = dict[str, str]

#: Set by the server beside what requests do, in its own time.
_BESIDE = "last_used_at"

#: What stands for versions in addresses.
_VERSIONS = {"version": "1", "source": "1", "target": "draft"}


@dataclass(frozen=True, slots=True)
class Caller:
    """A bearer of the first org."""

    role: str
    token: str

    @property
    def authorization(self) -> str:
        return f"Bearer {self.token}"


@dataclass
class World:
    """The server and its two orgs: `acme`, whose callers ask, and `other`."""

    api: Api
    superuser: asyncpg.Connection
    #: What refused requests ask for; it must stay as it is.
    shared: dict[str, dict[Thing, Values]] = field(default_factory=dict)
    #: Authorization headers that let nobody in, with the code of the refusal.
    bad_credentials: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _digests: str = ""

    def org_of(self, slug: str) -> NewOrg:
        return {"acme": self.api.org, "other": self.api.other_org}[slug]

    def admin_of(self, slug: str) -> Caller:
        return Caller("admin", self.org_of(slug).admin_token.text)

    async def caller(self, role: str, scopes: frozenset[str] | None = None) -> Caller:
        narrowed = None if scopes is None else frozenset(Permission(scope) for scope in scopes)
        return Caller(role, (await self.api.token_of(Role(role), narrowed)).text)

    def unique(self) -> str:
        return f"thing-{next(self._numbers)}"

    async def ask(self, row: Row, values: Values, authorization: str | None, until: bytes = b"") -> Answer:
        """Ask a route about what `values` name."""
        values = {"unique": self.unique(), "name": "nameless", "role": "admin", **_VERSIONS, **values}
        path = _fill_text(row.path, values)
        question = Question(row.method, path, _fill(row.body, values), row.headers, until)
        return await ask(self.api.app, question, authorization)

    async def make(self, thing: Thing, slug: str = "acme", caller: Caller | None = None) -> Values:
        """Make something new, as the org's admin; a token is made by the caller, who could not see it otherwise."""
        admin = self.admin_of(slug)
        name = f"{slug}-{self.unique()}"
        if thing is Thing.ORG:
            return {"org": _name_of(self.org_of(slug))}
        if thing is Thing.TOKEN:
            maker = caller or admin
            body = {"name": name, "role": maker.role, "scopes": []}
            return {"token": (await self._create(maker, "/v1/access-tokens", body))["id"]}
        if thing.parameter in ("template", "component"):
            path, write = f"/v1/{thing.parameter}s", document if thing.parameter == "template" else component
            made = await self._create(admin, path, {"document": write(name)})
            if thing in (Thing.TEMPLATE, Thing.COMPONENT):
                await self._create(admin, f"{path}/{made['id']}/versions", {})
            return {thing.parameter: made["id"], "name": name}
        if thing is Thing.FLOWING:
            return await self._make_flowing(admin, name)
        wanted = {
            "template": self.shared[slug][Thing.TEMPLATE]["template"],
            "externalId": name,
            "start": thing is not Thing.WAITING,
        }
        execution = (await self._create(admin, "/v1/executions", wanted))["id"]
        if thing is Thing.PAUSED:
            await self._create(admin, f"/v1/executions/{execution}/pause", {})
        return {"execution": execution, "name": name}

    async def _make_flowing(self, admin: Caller, name: str) -> Values:
        made = await self._create(admin, "/v1/templates", {"document": flowing(name)})
        await self._create(admin, f"/v1/templates/{made['id']}/versions", {})
        execution = (await self._create(admin, "/v1/executions", {"template": name}))["id"]
        found = {}
        for noun in ("tokens", "actions"):
            question = Question("GET", f"/v1/executions/{execution}/{noun}", None)
            found[noun] = (await ask(self.api.app, question, admin.authorization)).json()["data"][0]["id"]
        return {
            "execution": execution,
            "name": name,
            "token": found["tokens"],
            "request_id": found["actions"],
        }

    async def _create(self, caller: Caller, path: str, body: object) -> dict[str, Any]:
        # Every key is new: they are here so that the table of keys has rows of both orgs.
        question = Question("POST", path, body, {"idempotency-key": self.unique()})
        answer = await ask(self.api.app, question, caller.authorization)
        assert answer.status in (200, 201), answer.body
        return dict(answer.json())

    async def digest(self) -> dict[str, tuple[int, str]]:
        """Rows of every table and a digest of them, without what the server notes of its own accord."""
        rows = await self.superuser.fetch(self._digests)
        return {row["name"]: (row["rows"], row["digest"]) for row in rows}

    async def fill(self) -> None:
        """Something of everything in both orgs."""
        for slug in ("other", "acme"):
            self.shared[slug] = {}
            for thing in Thing:
                self.shared[slug][thing] = await self.make(thing, slug)
            used = self.shared[slug][Thing.COMPONENT]["name"]
            using = {"document": network(f"{slug}-{self.unique()}", f"{used}@1")}
            made = await self._create(self.admin_of(slug), "/v1/templates", using)
            await self._create(self.admin_of(slug), f"/v1/templates/{made['id']}/versions", {})
            admin, execution = self.admin_of(slug), self.shared[slug][Thing.EXECUTION]["execution"]
            await self._create(admin, f"/v1/executions/{execution}/events", {"type": "add"})
            made = await self._create(admin, f"/v1/executions/{execution}/snapshots", {})
            self.shared[slug][Thing.EXECUTION]["snapshot"] = made["id"]
        await self._make_bad_credentials()
        tables = await self.superuser.fetch(TABLES)
        self._digests = " UNION ALL ".join(_digest_of(row["name"]) for row in tables)

    async def _make_bad_credentials(self) -> None:
        expired, seen = await self._issue("expired", -1), await self._issue("expires while it is known", 60)
        await self._use(seen[0])
        self.api.clock.advance(timedelta(seconds=61))
        self.api.seconds.seconds += 61
        # From here on the clocks stand still: only forgetting it makes a token that is known unknown.
        revoked, unused = await self._issue("revoked while it is known", 60), await self._issue("revoked", 60)
        await self._use(revoked[0])
        for _, token in (revoked, unused):
            revoking = Question("DELETE", f"/v1/access-tokens/{token}")
            assert (await ask(self.api.app, revoking, self.admin_of("acme").authorization)).status == 204
        valid = self.admin_of("acme").token
        self.bad_credentials = {
            "none": (None, "unauthenticated"),
            "empty": ("", "unauthenticated"),
            "another scheme": ("Basic YWRtaW46YWRtaW4=", "unauthenticated"),
            "no scheme": (valid, "unauthenticated"),
            "no token": ("Bearer ", "invalid_token"),
            "not ours": ("Bearer eyJhbGciOiJub25lIn0.e30.", "invalid_token"),
            "cut off": (f"Bearer {valid[:-1]}", "invalid_token"),
            "mistyped": (f"Bearer {TOKEN_PREFIX}{valid[len(TOKEN_PREFIX) :][::-1]}", "invalid_token"),
            "twice": (f"Bearer {valid} {valid}", "invalid_token"),
            "never given out": (f"Bearer {generate_token_text()}", "invalid_token"),
            "expired": (f"Bearer {expired[0]}", "invalid_token"),
            "expired while known": (f"Bearer {seen[0]}", "invalid_token"),
            "revoked": (f"Bearer {unused[0]}", "invalid_token"),
            "revoked while known": (f"Bearer {revoked[0]}", "invalid_token"),
        }

    async def _use(self, token: str) -> None:
        """Make a token known to the server."""
        assert (await ask(self.api.app, Question("GET", "/v1/orgs"), f"Bearer {token}")).status == 200

    async def _issue(self, name: str, seconds: int) -> tuple[str, str]:
        """Text and id of an admin's token that ends so many seconds from now."""
        now, org_id = self.api.clock.now(), self.api.org.org.org_id
        grant = (Wanted(name, Role.ADMIN), now + timedelta(seconds=seconds), "platform-owner")
        async with self.api.parts.database.transaction(org_id) as tx:
            made = await issue_token(tx, now, org_id, grant)
        return made.text, identifier_of(made.token.token_id)


#: Every table of the database, and whether it is of orgs.
TABLES = """
SELECT c.relname AS name,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id') AS is_of_orgs
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
 ORDER BY c.relname
"""


@asynccontextmanager
async def running_world(database: Database, superuser_url: str) -> AsyncIterator[World]:
    """A server with both orgs filled."""
    superuser = await asyncpg.connect(superuser_url)
    try:
        async with serving(
            database, upper=lambda parts: upper_slices(parts, Signals(), Tuning(snapshot_every_inputs=1_000))
        ) as api:
            world = World(api, superuser)
            await world.fill()
            yield world
    finally:
        await superuser.close()


def missing(thing: Thing) -> Values:
    """The name of something that nobody has."""
    prefixes = {
        "org": Prefix.ORG,
        "token": Prefix.ACCESS_TOKEN,
        "template": Prefix.TEMPLATE,
        "component": Prefix.COMPONENT,
        "execution": Prefix.EXECUTION,
    }
    return {thing.parameter: format_identifier(prefixes[thing.parameter], uuid7(1, bytes(10)))}


def _name_of(org: NewOrg) -> str:
    return format_identifier(Prefix.ORG, org.org.org_id)


def _digest_of(table: str) -> str:
    told = f"(to_jsonb(t) - '{_BESIDE}')::text"
    return (
        f"SELECT '{table}' AS name, count(*) AS rows, "
        f"coalesce(sum(hashtextextended({told}, 0)), 0)::text AS digest FROM {table} t"
    )


def _fill(template: Any, values: Values) -> Any:
    if isinstance(template, dict):
        return {name: _fill(value, values) for name, value in template.items()}
    return _fill_text(template, values) if isinstance(template, str) else template


def _fill_text(text: str, values: Values) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
