"""A POST that is repeated under its Idempotency-Key."""

import asyncio

import pytest

from actum.platform.limits import IDEMPOTENCY_KEY_LENGTH_MAX

from ..serving import Api, assert_problem

TOKENS = "/v1/access-tokens"
TEMPLATES = "/v1/templates"
BODY = {"document": {"name": "door", "machine": {"states": {"a": {}}}}}


def key(text: str) -> dict[str, str]:
    return {"idempotency-key": text}


async def test_a_repeat_gets_the_first_answer_byte_for_byte_and_does_nothing(api: Api) -> None:
    first = await api.send("POST", TEMPLATES, BODY, headers=key("k"))
    again = await api.send("POST", TEMPLATES, BODY, headers=key("k"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await api.send("GET", TEMPLATES)).json()["data"]) == 1


async def test_only_what_the_body_says_counts_not_how_it_is_written(api: Api) -> None:
    first = await api.send(
        "POST", TEMPLATES, b'{"document": {"name": "a", "title": "\\u0041"}}', headers=key("k")
    )
    again = await api.send("POST", TEMPLATES, b'{"document":{"title":"A","name":"a"}}', headers=key("k"))
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")


async def test_another_body_under_a_used_key_is_refused(api: Api) -> None:
    await api.send("POST", TEMPLATES, BODY, headers=key("k"))
    other = {"document": {**BODY["document"], "title": "x"}}
    assert_problem(
        await api.send("POST", TEMPLATES, other, headers=key("k")), 422, "idempotency_key_reused", []
    )


async def test_a_key_belongs_to_one_route_and_one_place_of_one_org(api: Api) -> None:
    for name in ("a", "b"):
        await api.send("POST", TEMPLATES, {"document": {"name": name, **machine()}})
    publish = f"{TEMPLATES}/a/versions"
    first = await api.send("POST", publish, headers=key("k"))
    assert first.status_code == 201, first.text
    assert (await api.send("POST", TEMPLATES, BODY, headers=key("k"))).status_code == 201
    response = await api.send("POST", f"{TEMPLATES}/b/versions", headers=key("k"))
    assert_problem(response, 422, "idempotency_key_reused", [])
    other = api.other_org.admin_token.text
    response = await api.send("POST", TEMPLATES, {"document": {"name": "z"}}, headers=key("k"), token=other)
    assert response.status_code == 201
    assert "idempotent-replayed" not in response.headers


async def test_what_was_refused_may_be_corrected_under_the_same_key(api: Api) -> None:
    await api.send("POST", TEMPLATES, BODY)
    refused = await api.send("POST", TEMPLATES, BODY, headers=key("k"))
    assert_problem(refused, 409, "template_name_taken", [])
    corrected = {"document": {**BODY["document"], "name": "gate"}}
    assert (await api.send("POST", TEMPLATES, corrected, headers=key("k"))).status_code == 201


async def test_a_repeat_is_answered_whatever_has_become_of_the_thing_since(api: Api) -> None:
    await api.send("POST", TEMPLATES, {"document": {"name": "a", **machine()}})
    first = await api.send("POST", f"{TEMPLATES}/a/versions", headers=key("k"))
    draft = {"document": {"name": "a", "machine": "broken"}}
    assert (await api.send("PUT", f"{TEMPLATES}/a", draft, headers={"if-match": '"1"'})).status_code == 200
    again = await api.send("POST", f"{TEMPLATES}/a/versions", headers=key("k"))
    assert (again.status_code, again.content) == (201, first.content)


async def test_many_at_once_under_one_key_do_it_once_and_are_all_answered_alike(api: Api) -> None:
    body = {"name": "ci", "role": "auditor"}
    answers = await asyncio.gather(*(api.send("POST", TOKENS, body, headers=key("k")) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len((await api.send("GET", TOKENS)).json()["data"]) == 2


async def test_many_at_once_that_would_conflict_are_all_answered_alike_too(api: Api) -> None:
    answers = await asyncio.gather(*(api.send("POST", TEMPLATES, BODY, headers=key("k")) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_a_repeat_is_not_told_the_secret_again(api: Api) -> None:
    body = {"name": "ci", "role": "auditor"}
    first = (await api.send("POST", TOKENS, body, headers=key("k"))).json()
    again = (await api.send("POST", TOKENS, body, headers=key("k"))).json()
    assert first["token"].startswith("actum_pat_")
    assert again == {**first, "token": None}


#: A key as it is sent, and whether it is one.
KEYS = [
    ("k", True),
    ("8e03978e-40d5-43e8-bc93-6894a57f9324", True),
    ('"quoted string"', True),
    ("a b", True),
    ("k" * IDEMPOTENCY_KEY_LENGTH_MAX, True),
    ("k" * (IDEMPOTENCY_KEY_LENGTH_MAX + 1), False),
    ("", False),
    ("a\tb", False),
    ("\x7f", False),
    ("é", False),
]


@pytest.mark.parametrize(("text", "is_key"), KEYS)
async def test_a_key_is_printable_ascii_of_bounded_length(api: Api, text: str, is_key: bool) -> None:
    response = await api.http.post(
        TEMPLATES,
        json=BODY,
        headers=[
            (b"authorization", f"Bearer {api.admin}".encode()),
            (b"idempotency-key", text.encode("latin-1")),
        ],
    )
    if is_key:
        assert response.status_code == 201
    else:
        assert_problem(response, 400, "invalid_idempotency_key", [])


def machine() -> dict[str, object]:
    return {"format": "actum/1", "machine": {"initial": "s", "states": {"s": {}}}}
