"""The command line's bounds: each with its unit and the reason for its size."""

from typing import Final

#: Seconds to wait for a connection: a server that is there answers at once, also across the world.
CONNECT_SECONDS_MAX: Final = 5.0

#: Seconds to wait for the next byte of an answer. A check or a replay of a long execution takes minutes.
ANSWER_SECONDS_MAX: Final = 600.0

#: Times one request is sent, the first included, and the seconds between: doubled from the first to the second.
#: Together about ten seconds, which is what a restart of the server takes.
ATTEMPTS_MAX: Final = 8
RETRY_SECONDS_MIN: Final = 0.1
RETRY_SECONDS_MAX: Final = 3.0

#: Seconds of a Retry-After that are waited for; a longer one is told instead.
RETRY_AFTER_SECONDS_MAX: Final = 10.0

#: Seconds without a byte after which a stream is taken for dead; the server's heartbeats come every 15 s.
STREAM_SILENCE_SECONDS_MAX: Final = 45.0

#: Seconds for which a stream that broke is opened again before the command gives up.
RECONNECT_SECONDS_MAX: Final = 60.0

#: Events of one request of `actum send --file`, and bytes of its body: below the server's own bound of 1 MiB.
SEND_EVENTS_MAX: Final = 100
SEND_BYTES_MAX: Final = 900 * 1024

#: Bytes of one line of a file of events: no event of the server's bound is longer, whatever its escapes.
LINE_BYTES_MAX: Final = SEND_BYTES_MAX

#: Batches read and checked ahead of the one that is being sent.
BATCHES_AHEAD_MAX: Final = 4

#: Refused events that a summary names; the others are counted.
REFUSALS_TOLD_MAX: Final = 20

#: Bytes of a file given for a template or as JSON, and values in it once aliases are followed.
FILE_BYTES_MAX: Final = 4 * 1024 * 1024
FILE_VALUES_MAX: Final = 500_000

#: Entries of one page of a list, and of one page of a ledger: what the server gives at most.
PAGE_SIZE_MAX: Final = 100
SEQUENCE_PAGE_SIZE_MAX: Final = 1_000

#: Characters of a value inside one line for people; the whole of it is in `--json`.
SHOWN_LENGTH_MAX: Final = 88
