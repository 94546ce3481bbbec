"""The few ways in which commands ask the server, with its refusals as errors.

A POST carries an Idempotency-Key, so that sending it again after a lost connection does nothing twice. A server that
was never reached is told at once; one that went away, or is busy (503), is asked again for some seconds.
"""

import json
import os
import random
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import httpx2

from actum.entrypoints.cli import limits
from actum.entrypoints.cli.credentials import load_credentials
from actum.entrypoints.cli.data_dir import choose_data_dir
from actum.entrypoints.cli.options import ServerOptions
from actum.entrypoints.cli.refusals import (
    ApiRefused,
    NotActum,
    ServerAbsent,
    ServerSilent,
    TokenAbsent,
    UsageError,
)

DEFAULT_URL: Final = "http://127.0.0.1:8400"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_JSON: Final = "application/json"
_EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address, and who asks it."""

    url: str
    token: str = field(repr=False)


def choose_server(options: ServerOptions) -> Server:
    """The server the options name, else the one that `actum up` keeps. Raises TokenAbsent and UsageError."""
    kept = load_credentials(choose_data_dir(options.data_dir))
    # A variable that is set to nothing counts as not set, as everywhere else.
    named = options.url if options.url is not None else os.environ.get("ACTUM_URL") or None
    url = _check_url(named if named is not None else kept.url if kept else DEFAULT_URL)
    token = options.token if options.token is not None else os.environ.get("ACTUM_TOKEN") or None
    # A token is only ever sent to the server it was made for.
    if token is None and kept is not None and _check_url(kept.url) == url:
        token = kept.token
    if token is None:
        raise TokenAbsent(f"there is no access token for {url}")
    return Server(url, _check_token(token))


def path_of(*parts: str) -> str:
    """A path under /v1 made of names that people gave. Raises UsageError for what would lead elsewhere."""
    for part in parts:
        if part in ("", ".", "..") or "/" in part:
            raise UsageError(f"{part!r} cannot be a name or an id")
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


class Client:
    """One connection to a server; use it in a `with` statement."""

    def __init__(self, server: Server) -> None:
        self._url = server.url
        is_plain = server.url.startswith("http://")
        self._http = httpx2.Client(
            base_url=server.url,
            headers={"Authorization": f"Bearer {server.token}", "User-Agent": "actum-cli"},
            timeout=httpx2.Timeout(limits.ANSWER_SECONDS_MAX, connect=limits.CONNECT_SECONDS_MAX),
            # Loading the certificates takes longer than most commands; nothing uses them without TLS.
            verify=not is_plain,
            # A proxy never stands between a machine and itself.
            trust_env=urlsplit(server.url).hostname not in _LOOPBACK,
        )
        self._has_answered = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: object) -> Any:
        """A JSON document; members of the query that are None are left out."""
        wanted = {name: str(value) for name, value in query.items() if value is not None}
        return self._send("GET", path, params=wanted)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> Any:
        """Send a value, or ready bytes of JSON, under an Idempotency-Key: the given one or a new one."""
        return self._send("POST", path, content=_encode(body), headers=_post_headers(body, key))

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path)

    def list_all(self, path: str, count_max: int, **query: object) -> dict[str, Any]:
        """The first members of a list with cursors, gathered over its pages into one."""
        gathered: list[Any] = []
        cursor: str | None = None
        while True:
            size = min(limits.PAGE_SIZE_MAX, count_max - len(gathered))
            page = self.get(path, limit=size, cursor=cursor, **query)
            gathered.extend(page["data"])
            cursor = page.get("nextCursor")
            if not page["hasMore"] or len(gathered) >= count_max:
                return {"object": "list", "data": gathered, "hasMore": page["hasMore"]}

    def iterate(self, path: str, after: int, count_max: int | None) -> Iterator[dict[str, Any]]:
        """Members of a list that has sequences, in order, page by page."""
        left = count_max
        while left is None or left > 0:
            size = limits.SEQUENCE_PAGE_SIZE_MAX if left is None else min(left, limits.SEQUENCE_PAGE_SIZE_MAX)
            page = self.get(path, afterSeq=after, limit=size)
            yield from page["data"]
            if not page["hasMore"]:
                return
            after = page["nextAfterSeq"]
            left = None if left is None else left - len(page["data"])

    @contextmanager
    def stream(self, method: str, path: str, **request: Any) -> Iterator[Iterator[httpx2.ServerSentEvent]]:
        """The events of one answer of server-sent events, until it ends.

        Raises as the other methods do when it is refused, and StreamOver when there is nothing more to tell. A
        connection that breaks raises httpx2.TransportError: how to go on is for whoever reads it to say.
        """
        headers = {**request.pop("headers", {}), "Accept": _EVENT_STREAM}
        silence = request.pop("silence_seconds_max", limits.ANSWER_SECONDS_MAX)
        timeout = httpx2.Timeout(silence, connect=limits.CONNECT_SECONDS_MAX)
        with self._http.stream(method, path, headers=headers, timeout=timeout, **request) as response:
            if response.status_code == 204:
                raise StreamOver
            if response.status_code != 200:
                response.read()
                self._take(response)
            self._has_answered = True
            yield iter(httpx2.EventSource(response))

    def absent(self, error: Exception) -> ServerAbsent:
        """That nobody answers, for whoever gives up on a stream."""
        return ServerAbsent(f"no server answers at {self._url}: {error}")

    def _send(self, method: str, path: str, **request: Any) -> Any:
        attempt = 1
        while True:
            try:
                response = self._http.request(method, path, **request)
            except httpx2.ConnectError as error:
                if not self._has_answered or attempt == limits.ATTEMPTS_MAX:
                    raise self.absent(error) from error
            except httpx2.ReadTimeout as error:
                raise ServerSilent(
                    f"{self._url} did not answer in {limits.ANSWER_SECONDS_MAX:.0f} s"
                ) from error
            except (httpx2.TransportError, httpx2.InvalidURL) as error:
                if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
                    raise UsageError(f"{self._url!r} is not the address of a server") from error
                if attempt == limits.ATTEMPTS_MAX:
                    raise ServerSilent(
                        f"the connection to {self._url} broke: {error or type(error).__name__}"
                    ) from error
            else:
                self._has_answered = True
                if response.status_code != 503 or attempt == limits.ATTEMPTS_MAX:
                    return self._take(response)
                if _retry_after(response) > limits.RETRY_AFTER_SECONDS_MAX:
                    return self._take(response)
                time.sleep(_retry_after(response))
            time.sleep(_pause(attempt))
            attempt += 1

    def _take(self, response: httpx2.Response) -> Any:
        """The document of an answer. Raises ApiRefused and NotActum."""
        if response.status_code == 204 or (response.is_success and not response.content):
            return None
        try:
            document = response.json()
        except ValueError:
            raise self._stranger(response) from None
        if response.is_success:
            return document
        if isinstance(document, dict) and "code" in document:
            raise ApiRefused(document)
        raise self._stranger(response)

    def _stranger(self, response: httpx2.Response) -> NotActum:
        kind = response.headers.get("content-type", "nothing")
        return NotActum(f"{self._url} answered {response.status_code} with {kind}")


class StreamOver(Exception):
    """Nothing more will ever come from this stream: who asked for it has everything (status 204)."""


@contextmanager
def connect(options: ServerOptions) -> Iterator[Client]:
    """A client of the server that the options name."""
    with Client(choose_server(options)) as client:
        yield client


def _check_url(text: str) -> str:
    try:
        found = urlsplit(text)
        is_right = found.scheme in ("http", "https") and bool(found.hostname) and found.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise UsageError(f"{text!r} is not the address of a server, such as {DEFAULT_URL}")
    return text.rstrip("/")


def _check_token(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text or not text:
        raise UsageError("the access token holds characters that no token has")
    return text


def _encode(body: object) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body, allow_nan=False).encode()


def _post_headers(body: object, key: str | None) -> Mapping[str, str]:
    headers = {"Idempotency-Key": key or secrets.token_hex(16)}
    return headers if body is None else {**headers, "Content-Type": _JSON}


def _retry_after(response: httpx2.Response) -> float:
    text: str = response.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else 0.0


def _pause(attempt: int) -> float:
    # Spread, so that clients that lost the same server do not all come back in the same instant.
    longest = min(limits.RETRY_SECONDS_MIN * 2.0**attempt / 2, limits.RETRY_SECONDS_MAX)
    spread: float = random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
    return longest * spread
