"""Who is let in: the form of tokens, what the memory of callers may and may not do."""

import asyncio
import string
from datetime import timedelta
from uuid import UUID

import pytest

from actum.orgs import store
from actum.orgs.access import Caller, Permission, Role, caller_of_token
from actum.orgs.access_tokens import digest_of, generate_token_text, is_well_formed
from actum.orgs.authenticate import LOOKING_UP, Authenticator, TokenRefused, Unauthenticated
from actum.platform import limits
from actum.platform.database import Database, Transaction
from actum_core.identifiers import uuid7

from ..serving import Api, assert_problem


def test_a_new_token_has_its_form() -> None:
    texts = {generate_token_text() for _ in range(100)}
    assert len(texts) == 100
    for text in texts:
        assert text.startswith("actum_pat_")
        assert len(text) == len("actum_pat_") + 36
        assert set(text[len("actum_pat_") :]) <= set(string.ascii_letters + string.digits)
        assert is_well_formed(text)


def test_one_changed_character_is_noticed_without_a_database() -> None:
    text = generate_token_text()
    for place in range(len("actum_pat_"), len(text)):
        changed = "A" if text[place] != "A" else "B"
        assert not is_well_formed(text[:place] + changed + text[place + 1 :])
    for other in (text[:-1], text + "0", text.upper(), text.replace("actum", "other"), ""):
        assert not is_well_formed(other)


#: An Authorization header (T is a valid token), and what is answered by GET /v1/orgs.
HEADERS = [
    (None, 401, "unauthenticated", 'Bearer realm="actum"'),
    ("", 401, "unauthenticated", 'Bearer realm="actum"'),
    ("Basic dTpw", 401, "unauthenticated", 'Bearer realm="actum"'),
    ("actum_pat_x", 401, "unauthenticated", 'Bearer realm="actum"'),
    ("Bearer", 401, "unauthenticated", 'Bearer realm="actum"'),
    (
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        401,
        "invalid_token",
        'Bearer realm="actum", error="invalid_token"',
    ),
    ("Bearer actum_pat_short", 401, "invalid_token", 'Bearer realm="actum", error="invalid_token"'),
    ("Bearer Tx", 401, "invalid_token", 'Bearer realm="actum", error="invalid_token"'),
    ("Bearer U", 401, "invalid_token", 'Bearer realm="actum", error="invalid_token"'),
    ("Bearer " + "a" * 9_000, 401, "unauthenticated", 'Bearer realm="actum"'),
    ("Bearer T", 200, None, None),
    ("bearer T", 200, None, None),
    ("BEARER   T", 200, None, None),
]


@pytest.mark.parametrize(("header", "status", "code", "challenge"), HEADERS)
async def test_only_a_valid_token_lets_in(
    api: Api, header: str | None, status: int, code: str | None, challenge: str | None
) -> None:
    headers = {}
    if header is not None:
        scheme, _, token = header.partition(" ")
        known = {"T": api.admin, "Tx": api.admin + "x", "U": generate_token_text()}
        sent = known.get(token.strip(), token.strip())
        headers["authorization"] = scheme + token.replace(token.strip(), " " + sent) if token else scheme
    response = await api.send("GET", "/v1/orgs", token="", headers=headers)
    if code is None:
        assert response.status_code == status
        return
    assert_problem(response, status, code, [])
    if challenge is not None:
        assert response.headers["www-authenticate"] == challenge


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The digests of tokens that the database was asked about."""
    digests: list[bytes] = []
    real = store.find_credential

    async def find_credential(tx: Transaction, digest: bytes) -> store.Credential | None:
        digests.append(digest)
        return await real(tx, digest)

    monkeypatch.setattr(store, "find_credential", find_credential)
    return digests


async def until_answered() -> None:
    """Until nothing that an authenticator asked by itself is on its way."""
    while waiting := {task for task in asyncio.all_tasks() if task.get_name() == LOOKING_UP}:
        await asyncio.wait(waiting)


async def test_a_header_sent_twice_is_refused(api: Api) -> None:
    header = ("authorization", f"Bearer {api.admin}")
    response = await api.http.get("/v1/orgs", headers=[header, header])
    assert_problem(response, 400, "bad_request", [])


async def test_a_token_ends_with_its_time_even_while_it_is_remembered(api: Api) -> None:
    assert (await api.send("GET", "/v1/orgs")).status_code == 200
    api.clock.advance(timedelta(days=90) - timedelta(seconds=2))
    api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX
    assert (await api.send("GET", "/v1/orgs")).status_code == 200
    api.clock.advance(timedelta(seconds=2))
    api.seconds.seconds += 2
    response = await api.send("GET", "/v1/orgs")
    assert_problem(response, 401, "invalid_token", [])


async def test_a_revoked_token_is_refused_at_once_here_and_soon_elsewhere(api: Api) -> None:
    made = await api.token_of(Role.AUDITOR)
    elsewhere = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    header = f"Bearer {made.text}".encode()
    assert (await api.send("GET", "/v1/orgs", token=made.text)).status_code == 200
    known = await elsewhere.authenticate(header)
    response = await api.send("DELETE", f"/v1/access-tokens/{known.actor.ref}")
    assert response.status_code == 204

    assert_problem(await api.send("GET", "/v1/orgs", token=made.text), 401, "invalid_token")
    assert elsewhere.find_cached(header) == known
    api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX
    assert elsewhere.find_cached(header) is None
    with pytest.raises(TokenRefused):
        await elsewhere.authenticate(header)


async def test_many_who_send_a_token_at_once_ask_the_database_once(api: Api, asked: list[bytes]) -> None:
    authenticator = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    header = f"Bearer {api.admin}".encode()
    callers = await asyncio.gather(*(authenticator.authenticate(header) for _ in range(20)))
    assert (len(set(map(id, callers))), len(asked)) == (1, 1)


async def test_who_goes_on_using_a_token_never_waits_for_the_database(api: Api, asked: list[bytes]) -> None:
    authenticator = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    header = f"Bearer {api.admin}".encode()
    known = await authenticator.authenticate(header)
    for times in range(2, 5):
        api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX - limits.TOKEN_ASKED_AGAIN_SECONDS
        assert [authenticator.find_cached(header) for _ in range(5)] == [known] * 5
        await until_answered()
        assert len(asked) == times
    api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX
    assert authenticator.find_cached(header) is None


async def test_what_is_refused_when_asked_again_is_known_no_longer(api: Api) -> None:
    made = await api.token_of(Role.AUDITOR)
    elsewhere = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    header = f"Bearer {made.text}".encode()
    known = await elsewhere.authenticate(header)
    await api.send("DELETE", f"/v1/access-tokens/{known.actor.ref}")
    api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX - limits.TOKEN_ASKED_AGAIN_SECONDS
    assert elsewhere.find_cached(header) == known
    await until_answered()
    assert elsewhere.find_cached(header) is None


async def test_an_answer_from_before_a_revocation_is_not_remembered(api: Api) -> None:
    authenticator = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    header = f"Bearer {api.admin}".encode()
    known = await authenticator.authenticate(header)
    api.seconds.seconds += limits.TOKEN_CACHE_SECONDS_MAX
    asking = asyncio.create_task(authenticator.authenticate(header))
    for _ in range(3):  # the question is on its way, and no answer can be there
        await asyncio.sleep(0)
    authenticator.forget(known.token_id)
    await asking
    assert authenticator.find_cached(header) is None


async def test_what_is_remembered_is_bounded_and_forgets_the_oldest_first(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actum.orgs.authenticate.TOKEN_CACHE_SIZE_MAX", 2)
    authenticator = Authenticator(api.parts.database, api.clock, monotonic=api.seconds)
    headers = [f"Bearer {(await api.token_of(role)).text}".encode() for role in list(Role)[:3]]
    for header in headers:
        await authenticator.authenticate(header)
    assert [authenticator.find_cached(header) is None for header in headers] == [True, False, False]


async def test_a_refused_token_is_never_remembered(api: Api) -> None:
    authenticator = api.parts.authenticator
    header = f"Bearer {generate_token_text()}".encode()
    for _ in range(2):
        with pytest.raises(TokenRefused):
            await authenticator.authenticate(header)
    assert authenticator.find_cached(header) is None


async def test_a_mistyped_token_costs_no_question_to_the_database(api: Api) -> None:
    await api.parts.database.close()
    mistyped = (api.admin[:-1] + ("0" if api.admin[-1] != "0" else "1")).encode()
    with pytest.raises(TokenRefused):
        await api.parts.authenticator.authenticate(b"Bearer " + mistyped)
    with pytest.raises(Unauthenticated):
        await api.parts.authenticator.authenticate(None)


async def test_a_last_use_is_written_later_and_at_most_once_a_minute(api: Api) -> None:
    async def last_used() -> str | None:
        told = (await api.send("GET", "/v1/access-tokens")).json()["data"][0]["lastUsedAt"]
        return None if told is None else str(told)

    async def use_again_after(seconds: float) -> None:
        api.clock.advance(timedelta(seconds=seconds))
        api.seconds.seconds += seconds
        await api.send("GET", "/v1/orgs")
        await api.parts.authenticator.save_uses()

    assert await last_used() is None
    await api.parts.authenticator.save_uses()
    assert await last_used() == "2026-03-01T12:00:00.123456Z"
    await use_again_after(limits.TOKEN_USE_SECONDS_MIN - 1)
    assert await last_used() == "2026-03-01T12:00:00.123456Z"
    await use_again_after(6)
    assert await last_used() == "2026-03-01T12:01:05.123456Z"


async def test_uses_of_many_orgs_are_saved_in_bounded_transactions(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actum.orgs.authenticate.TRANSACTION_ORGS_MAX", 1)
    authenticator = api.parts.authenticator
    made = (api.org.admin_token, api.other_org.admin_token, await api.token_of(Role.AUDITOR))
    for each in made:
        await authenticator.authenticate(f"Bearer {each.text}".encode())
    await authenticator.save_uses()
    for each in made:
        async with api.parts.database.transaction(each.token.org_id) as tx:
            used_at = await tx.connection.fetchval(
                "SELECT last_used_at FROM access_tokens WHERE token_id = $1", each.token.token_id
            )
        assert used_at == api.clock.now()


class Oidc:
    """Stands for the verifier of another kind of bearer token."""

    caller = caller_of_token(uuid7(1, bytes(10)), uuid7(2, bytes(10)), Role.DESIGNER, None)

    async def verify(self, token: str) -> Caller:
        if token != "eyJ.good":
            raise TokenRefused("not signed by anybody we trust")
        return self.caller


async def test_another_kind_of_bearer_token_goes_to_its_verifier(api: Api) -> None:
    authenticator = Authenticator(api.parts.database, api.clock, verifier=Oidc())
    assert await authenticator.authenticate(b"Bearer eyJ.good") is Oidc.caller
    with pytest.raises(TokenRefused):
        await authenticator.authenticate(b"Bearer eyJ.bad")


async def test_the_text_of_a_token_is_nowhere_in_the_database(api: Api, database: Database) -> None:
    body = {"name": "ci", "role": "integrator"}
    response = await api.send("POST", "/v1/access-tokens", body, headers={"idempotency-key": "k"})
    secret = response.json()["token"].removeprefix("actum_pat_")
    async with database.transaction((api.org.org.org_id, api.other_org.org.org_id)) as tx:
        for table in ("access_tokens", "idempotency_keys"):
            rows = await tx.connection.fetch(f"SELECT t::text AS row, t.* FROM {table} t")
            assert rows
            for row in rows:
                for value in row.values():
                    content = value if isinstance(value, bytes) else str(value).encode()
                    assert secret.encode() not in content
        found = await tx.connection.fetchval(
            "SELECT org_id FROM access_tokens WHERE token_digest = $1", digest_of("actum_pat_" + secret)
        )
    assert isinstance(found, UUID)
    assert Permission.EVENTS_WRITE in caller_of_token(found, found, Role.INTEGRATOR, None).permissions
