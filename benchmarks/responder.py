"""Answer every POST with a fixed 200, doing nothing: the floor that the load generator is measured against."""

import asyncio
import sys
from typing import cast

import httptools

from benchmarks.load import new_event_loop

_ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: responder\r\n"
    b"content-type: application/json\r\ncontent-length: 31\r\n\r\n"
    b'{"sequence":1,"repeated":false}'
)


class Responder(asyncio.Protocol):
    """Parses requests with httptools, as uvicorn does, and answers at the end of each."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(_ANSWER)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Responder, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as main_runner:
        try:
            main_runner.run(serve(int(sys.argv[1])))
        except KeyboardInterrupt:
            sys.exit(0)
