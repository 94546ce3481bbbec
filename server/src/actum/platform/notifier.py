"""Tells the other processes on the same database what moved here, and hears from them, on its own connection.

Never inside a transaction that writes: NOTIFY holds a database-wide lock until its transaction has committed.
"""

import asyncio
import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from uuid import UUID

import asyncpg
import structlog

from actum.platform import limits
from actum.platform.database import Database, DatabaseUnavailable
from actum.platform.signals import Place, Signals

_CHANNEL = "actum_moved"
_NOTIFY = "SELECT pg_notify($1, $2)"
_EVERYBODY = "*"

logger = structlog.get_logger()


class Notifier:
    """Joins the `Signals` of all processes on one database. Lost notifications only cost a read too many."""

    def __init__(self, database: Database, signals: Signals) -> None:
        self._database = database
        self._signals = signals
        self._waiting: dict[Place, int] = {}
        self._must_wake_all = False
        self._has_waiting = asyncio.Event()
        self._is_listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin in the background; readers are served from this process alone until the connection is there."""
        self._signals.forward_to(self._remember)
        self._task = asyncio.create_task(self._stay_connected(), name="notifier")

    async def stop(self) -> None:
        """End the connection. What still waited to be told is not told: the others read again anyway."""
        self._signals.forward_to(None)
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def wait_until_listening(self) -> None:
        """Return once the notifications of other processes arrive."""
        await self._is_listening.wait()

    def _remember(self, moves: Mapping[Place, int]) -> None:
        for place, position in moves.items():
            if position > self._waiting.get(place, -1):
                self._waiting[place] = position
        if len(self._waiting) > limits.NOTIFICATION_PLACES_MAX:
            self._waiting.clear()
            self._must_wake_all = True
        self._has_waiting.set()

    async def _stay_connected(self) -> None:
        delay = limits.NOTIFIER_RETRY_SECONDS_MIN
        while True:
            try:
                connection = await self._database.connect()
            except DatabaseUnavailable as error:
                logger.warning("notifier has no connection", error=str(error), retry_seconds=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, limits.NOTIFIER_RETRY_SECONDS_MAX)
                continue
            try:
                await connection.add_listener(_CHANNEL, self._hear)
                delay = limits.NOTIFIER_RETRY_SECONDS_MIN
                # What the others told while nobody listened here is lost.
                self._signals.wake()
                self._is_listening.set()
                await self._tell(connection)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                logger.warning("notifier lost its connection", error=str(error) or type(error).__name__)
                await asyncio.sleep(delay)
            finally:
                self._is_listening.clear()
                connection.terminate()

    async def _tell(self, connection: asyncpg.Connection) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        lost_task = asyncio.create_task(lost.wait())
        try:
            while not connection.is_closed():
                waiting_task = asyncio.create_task(self._has_waiting.wait())
                await asyncio.wait({lost_task, waiting_task}, return_when=asyncio.FIRST_COMPLETED)
                waiting_task.cancel()
                if lost.is_set():
                    raise ConnectionError("PostgreSQL closed the connection")
                self._has_waiting.clear()
                await connection.execute(_NOTIFY, _CHANNEL, self._take_payload())
                await asyncio.sleep(limits.NOTIFICATION_INTERVAL_SECONDS)
        finally:
            lost_task.cancel()

    def _take_payload(self) -> str:
        moves, self._waiting = self._waiting, {}
        must_wake_all, self._must_wake_all = self._must_wake_all, False
        return _EVERYBODY if must_wake_all else encode_moves(moves)

    def _hear(self, connection: object, sender: int, channel: object, payload: object) -> None:
        if isinstance(connection, asyncpg.Connection) and sender == connection.get_server_pid():
            return
        try:
            moves, orgs = decode_moves(str(payload))
        except ValueError:
            self._signals.wake()
            return
        self._signals.deliver(moves)
        if orgs is None:
            self._signals.wake()
        elif orgs:
            self._signals.wake(orgs)


def encode_moves(moves: Mapping[Place, int]) -> str:
    """Write moves in one notification; where they are too many, name only the orgs, and else everybody."""
    whole = " ".join(_encode_move(place, position) for place, position in moves.items())
    if len(whole) <= limits.NOTIFICATION_BYTES_MAX:
        return whole
    orgs = " ".join(f"{_encode_id(org)}*" for org in sorted({place.org_id for place in moves}))
    return orgs if len(orgs) <= limits.NOTIFICATION_BYTES_MAX else _EVERYBODY


def decode_moves(payload: str) -> tuple[dict[Place, int], frozenset[UUID] | None]:
    """Read what `encode_moves` wrote: the moves, and the orgs whose readers must look; None means all.

    Raises ValueError for anything else.
    """
    if payload == _EVERYBODY:
        return {}, None
    moves: dict[Place, int] = {}
    orgs: set[UUID] = set()
    for word in payload.split():
        if word.endswith("*"):
            orgs.add(_decode_id(word[:-1]))
        else:
            ids, _, position = word.partition(":")
            first, *rest = _split_ids(ids)
            moves[Place(_decode_id(first), _decode_id(rest[0]) if rest else None)] = int(position)
    return moves, frozenset(orgs)


_ID_LENGTH = 22


def _encode_move(place: Place, position: int) -> str:
    execution = "" if place.execution_id is None else _encode_id(place.execution_id)
    return f"{_encode_id(place.org_id)}{execution}:{position}"


def _split_ids(ids: str) -> Iterator[str]:
    for start in range(0, max(len(ids), 1), _ID_LENGTH):
        yield ids[start : start + _ID_LENGTH]


def _encode_id(value: UUID) -> str:
    return base64.urlsafe_b64encode(value.bytes).decode().rstrip("=")


def _decode_id(text: str) -> UUID:
    if len(text) != _ID_LENGTH:
        raise ValueError("not an id")
    return UUID(bytes=base64.urlsafe_b64decode(f"{text}=="))
