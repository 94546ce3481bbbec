"""`actum token`: make, list and revoke access tokens."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from cyclopts import Parameter, validators

from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.client import connect, path_of
from actum.entrypoints.cli.options import DEFAULT_SERVER, Limit, ServerOptions
from actum.entrypoints.cli.screen import Screen, make_facts, make_table, short_time

Role = Literal["admin", "designer", "operator", "integrator", "auditor"]

app = make_group("token", "Make, list and revoke access tokens.")


@app.command(
    name="create",
    help_epilogue=example(
        'actum token create "line 4 gateway" --role integrator',
        "actum token create nightly-check --role auditor --scope ledger:verify --days 30",
    ),
)
def create_token(
    name: str,
    /,
    *,
    role: Role,
    scope: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    days: Annotated[int | None, Parameter(validator=validators.Number(gte=1, lte=366))] = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Make an access token and print it: this once and never again.

    A token can do no more than the one that makes it.

    Parameters
    ----------
    name
        What it is for, as people will read it in the list.
    role
        What its holder is in the org.
    scope
        Only these permissions of the role; may be given several times.  [default: all of them]
    days
        Days until it ends.  [default: 90]
    """
    body: dict[str, Any] = {"name": name, "role": role}
    if scope:
        body["scopes"] = list(scope)
    if days is not None:
        body["expiresAt"] = (datetime.now(UTC) + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    with connect(server) as client:
        made = client.post("/v1/access-tokens", body)
    screen = Screen(server.is_json)
    screen.tell(
        made,
        lambda console: console.print(
            make_facts(
                (
                    ("token", made["token"]),
                    ("id", made["id"]),
                    ("role", made["role"]),
                    ("scopes", _scopes(made)),
                    ("ends", short_time(made["expiresAt"])),
                )
            )
        ),
    )
    screen.say("\nKeep it now: it is not shown again.")


@app.command(name="list", help_epilogue=example("actum token list"))
def list_tokens(*, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER) -> None:
    """List access tokens, latest first: all of the org's, or your own where you may
    not see the others.
    """
    with connect(server) as client:
        found = client.list_all("/v1/access-tokens", limit)
    rows = (
        (
            each["id"],
            each["name"],
            each["role"],
            _scopes(each),
            _standing(each),
            short_time(each["lastUsedAt"]),
        )
        for each in found["data"]
    )
    columns = ("ID", "NAME", "ROLE", "SCOPES", "STANDING", "LAST USED")
    Screen(server.is_json).tell(found, lambda console: console.print(make_table(columns, rows)))


@app.command(name="revoke", help_epilogue=example("actum token revoke pat_01k9…"))
def revoke_token(
    token: Annotated[str, Parameter(name="TOKEN")], /, *, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Revoke an access token, by its id: within five seconds no server accepts it.

    Parameters
    ----------
    token
        Its id, as `actum token list` shows it.
    """
    with connect(server) as client:
        path = path_of("access-tokens", token)
        found = client.get(path)
        # The last thing that is asked: it may be the very token that asks.
        client.delete(path)
    told = {"object": "accessTokenRevoked", "id": found["id"], "name": found["name"]}
    Screen(server.is_json).tell(
        told, lambda console: console.print(f"revoked {found['name']!r} ({found['id']})")
    )


def _scopes(token: dict[str, Any]) -> str:
    return "all of the role" if token["scopes"] is None else " ".join(token["scopes"])


def _standing(token: dict[str, Any]) -> str:
    if token["revokedAt"]:
        return f"revoked {short_time(token['revokedAt'])}"
    return f"until {short_time(token['expiresAt'])}"
