"""Run the application in a real server, and stop it without losing anything that was begun.

On SIGTERM or SIGINT: not ready any more → streams end themselves → requests under way finish → the application's
lifespans end → the process may exit with 0. A second signal, or the time allowed, cuts what is left short.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import structlog
import uvicorn

from actum.entrypoints.api import Application
from actum.entrypoints.direct_protocol import protocol_for
from actum.platform.limits import (
    DRAIN_SECONDS_MAX,
    GC_THRESHOLDS,
    KEEP_ALIVE_SECONDS_MAX,
    SOCKET_BACKLOG_MAX,
    WEBSOCKET_BYTES_MAX,
)
from actum_core.errors import ActumError

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger(__name__)


class AddressTaken(ActumError):
    """Choose another port, or stop what listens there: another process has this address."""

    code: ClassVar[str] = "address_taken"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen; port 0 is any free one. `not_ready_seconds` is how long a balancer gets to notice."""

    host: str = "127.0.0.1"
    port: int = 8400
    not_ready_seconds: float = 0.0
    drain_seconds_max: int = DRAIN_SECONDS_MAX


def open_socket(listen: Listen) -> socket.socket:
    """Bind before anything else is started, so that a taken port is told at once. Raises AddressTaken."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        return socket.create_server((listen.host, listen.port), family=family, backlog=SOCKET_BACKLOG_MAX)
    except OSError as error:
        raise AddressTaken(f"cannot listen on {listen.host}:{listen.port}: {error.strerror}") from error


async def serve(
    app: Application, listen: Listen, opened: socket.socket, on_started: Callable[[int], None] | None = None
) -> None:
    """Serve until a signal comes, then drain and return. `on_started` is told the port."""
    server = _Server(
        uvicorn.Config(
            app,
            http=protocol_for(app),
            ws="websockets-sansio",
            ws_max_size=WEBSOCKET_BYTES_MAX,
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=SOCKET_BACKLOG_MAX,
            timeout_keep_alive=KEEP_ALIVE_SECONDS_MAX,
            timeout_graceful_shutdown=listen.drain_seconds_max,
        )
    )
    server.on_started = on_started
    _calm_collector()
    stopping = asyncio.Event()
    with _on_signals(server, stopping):
        draining = asyncio.create_task(_drain(app, listen, server, stopping))
        try:
            await server.serve(sockets=[opened])
        finally:
            draining.cancel()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the fastest event loop this platform has."""
    if sys.platform == "win32":
        asyncio.run(main)
        return
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def _calm_collector() -> None:
    """Look for cycles less often, and not among what was imported: nearly all garbage here is freed by counting.

    Measured at 64 clients, the default thresholds spend a tenth of the server's time on it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise them again afterwards, and a clean stop would not exit with 0."""

    on_started: Callable[[int], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            _log.info("listening", host=host, port=port)
            if self.on_started is not None:
                self.on_started(port)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _on_signals(server: uvicorn.Server, stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            server.force_exit = True
        stopping.set()

    def stop_from_thread(*_: object) -> None:
        loop.call_soon_threadsafe(stop)

    previous: dict[int, Any] = {}
    for number in _SIGNALS:
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # the event loop of Windows
            previous[number] = signal.signal(number, stop_from_thread)
    try:
        yield
    finally:
        for number in _SIGNALS:
            if number in previous:
                signal.signal(number, previous[number])
            else:
                loop.remove_signal_handler(number)


async def _drain(app: Application, listen: Listen, server: uvicorn.Server, stopping: asyncio.Event) -> None:
    await stopping.wait()
    _log.info("stopping")
    app.parts.drain.is_draining = True
    if listen.not_ready_seconds:
        await asyncio.sleep(listen.not_ready_seconds)
    try:
        async with asyncio.timeout(listen.drain_seconds_max):
            await app.end_streams()
    except TimeoutError:
        _log.warning("streams did not end in time", seconds=listen.drain_seconds_max)
    except Exception as error:
        _log.error("streams were not ended", exc_info=error)
    server.should_exit = True
