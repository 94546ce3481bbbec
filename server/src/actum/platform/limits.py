"""The server's bounds: each with its unit and the reason for its size."""

#: Bytes in a Unix socket's path, with its final NUL left out (sun_path is 108 bytes on Linux, 104 on macOS
#: and the BSDs); the smallest is used, so that a data directory behaves alike everywhere.
SOCKET_PATH_BYTES_MAX = 103

#: Seconds the embedded PostgreSQL may take from launch to ready. Crash recovery replays at most
#: `max_wal_size` of WAL, which takes seconds; the rest is for machines that are very slow or very busy.
POSTGRES_START_SECONDS_MAX = 120.0

#: Seconds to wait for another process that is starting or stopping the same cluster.
POSTGRES_LOCK_SECONDS_MAX = 150.0

#: Seconds backends left behind by a killed postmaster may take to notice and leave, before they are killed.
POSTGRES_ORPHAN_SECONDS_MAX = 5.0

#: Seconds of a fast shutdown before it is made an immediate one (which needs recovery at the next start).
POSTGRES_STOP_SECONDS_MAX = 30.0

#: Seconds an immediate shutdown may take before the processes are killed.
POSTGRES_QUIT_SECONDS_MAX = 5.0

#: Seconds between attempts to restart a PostgreSQL that keeps dying: doubled from the first to the second.
POSTGRES_RESTART_SECONDS_MIN = 0.1
POSTGRES_RESTART_SECONDS_MAX = 10.0

#: Bytes of the embedded PostgreSQL's own log before it is emptied: it is there for start-up faults.
POSTGRES_LOG_BYTES_MAX = 16 * 1024 * 1024

#: Orgs one transaction may span: a batch gathers at most this many events, each of which may be of another org.
TRANSACTION_ORGS_MAX = 1_024

#: Seconds to wait for a free connection before the caller is told that the database is unavailable.
ACQUIRE_SECONDS_MAX = 10.0

#: Seconds one connection attempt may take.
CONNECT_SECONDS_MAX = 10.0

#: Seconds one statement may run before it is cancelled; long work (replay, export) reads in pages.
STATEMENT_SECONDS_MAX = 60.0

#: Seconds a transaction may sit idle, holding its locks, before PostgreSQL ends it.
IDLE_TRANSACTION_SECONDS_MAX = 30.0

#: Prepared statements kept on each connection: above the number of named queries of all slices together.
PREPARED_STATEMENTS_MAX = 512

#: Seconds to wait for another process that is migrating the same database.
MIGRATION_LOCK_SECONDS_MAX = 120.0

#: Bytes of one notification: PostgreSQL refuses payloads of 8,000 bytes and more.
NOTIFICATION_BYTES_MAX = 7_900

#: Seconds between two notifications of one process, at least.
NOTIFICATION_INTERVAL_SECONDS = 0.025

#: Places (executions and orgs) remembered between two notifications; beyond it, all listeners read again.
NOTIFICATION_PLACES_MAX = 10_000

#: Seconds between attempts to bring back the notifier's connection: doubled from the first to the second.
NOTIFIER_RETRY_SECONDS_MIN = 0.1
NOTIFIER_RETRY_SECONDS_MAX = 5.0

# --- HTTP ---------------------------------------------------------------------------------------------

#: Characters of an incoming Request-Id that is kept; another one is replaced, because it goes into every line.
REQUEST_ID_LENGTH_MAX = 128

#: Characters of an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07 leaves the bound to the server).
IDEMPOTENCY_KEY_LENGTH_MAX = 255

#: Entries of one page of a list, and how many there are when the caller names none.
PAGE_SIZE_MAX = 100
PAGE_SIZE_DEFAULT = 20

#: Characters of a cursor. Ours are shorter than 200; what is longer is not one of them.
CURSOR_LENGTH_MAX = 1_024

#: Characters of a display name (an org's, an access token's) and of a note.
LABEL_LENGTH_MAX = 200
NOTE_LENGTH_MAX = 2_000

# --- Access tokens ------------------------------------------------------------------------------------

#: Days an access token lives when its maker names no end, and the most it may be given.
TOKEN_LIFETIME_DAYS_DEFAULT = 90
TOKEN_LIFETIME_DAYS_MAX = 366

#: Seconds a found token is believed without asking the database: the longest a revocation may take to reach
#: the other processes.
TOKEN_CACHE_SECONDS_MAX = 5.0

#: Seconds before a found token is believed no longer from which on its next use asks about it again: longer than an
#: answer takes, so that who uses it all the time never waits for one.
TOKEN_ASKED_AGAIN_SECONDS = 1.0

#: Callers remembered at one time; about 1 kB each.
TOKEN_CACHE_SIZE_MAX = 10_000

#: Seconds between two records of one token's last use.
TOKEN_USE_SECONDS_MIN = 60.0

#: Seconds between two statements that record last uses, all tokens together.
TOKEN_USE_FLUSH_SECONDS = 5.0

#: Tokens whose last use waits to be recorded; beyond it a use is not noted (the next one will be).
TOKEN_USES_WAITING_MAX = 10_000

# --- Templates ----------------------------------------------------------------------------------------

#: Bytes of one template document as sent. A document of a thousand states measures about 300 kB.
DOCUMENT_BYTES_MAX = 2 * 1024 * 1024

#: Bytes of all the documents that one document uses, read to compile it. What they come to has at most 4 MiB; the
#: rest is titles and layout.
USED_BYTES_MAX = 16 * 1024 * 1024

#: Changes told of one difference between two documents; beyond it nobody reads on, and the total is told.
DIFF_CHANGES_TOLD_MAX = 1_000

#: Things that may happen in one simulation asked for over HTTP, and inputs that it may take in all: what is to be
#: looked at by people. The command line has no such bound.
SIMULATED_EVENTS_MAX = 2_000
SIMULATED_INPUTS_MAX = 5_000

#: Bytes that one such simulation writes before it ends, and bytes of its answer, where every state is told after
#: every input: what a browser still shows.
SIMULATED_BYTES_MAX = 4 * 1024 * 1024
SIMULATION_ANSWER_BYTES_MAX = 16 * 1024 * 1024

#: Seconds after which it ends by itself with what it has come to, and after which its process is killed: the one
#: step under way takes a quarter of a second, a start and an answer less than two.
SIMULATE_SECONDS_MAX = 5.0
SIMULATE_KILL_SECONDS = 12.0

#: Simulations of one server process at one time: each is a process that needs a core.
SIMULATIONS_AT_ONCE_MAX = 2

#: Simulations that wait for their turn; at most as many seconds of work as a client waits for an answer.
SIMULATIONS_WAITING_MAX = 8

#: Bytes of memory of such a process: four times what the largest document and answer were measured to take.
SIMULATION_MEMORY_BYTES_MAX = 1024 * 1024 * 1024

#: Programs kept ready to run. One of a hundred states measures about 1 MB once its expressions are compiled.
PROGRAMS_CACHED_MAX = 128

# --- Ingest -------------------------------------------------------------------------------------------

#: Events gathered into one commit. Commits settle at 32 to 256 rows; more only makes the last one wait.
BATCH_EVENTS_MAX = 256

#: Events waiting for a commit in one process before more are refused: about two seconds of work.
PENDING_EVENTS_MAX = 20_000

#: Events in one request, and bytes of its body (CloudEvents batches included).
REQUEST_EVENTS_MAX = 1_000
REQUEST_BYTES_MAX = 1024 * 1024

#: Executions whose latest state is kept in memory, and bytes of canonical state kept with them.
CACHED_PLACES_MAX = 8_192
CACHED_STATE_BYTES_MAX = 32 * 1024 * 1024

#: Batches of one process under way at once. While one is written the next is decided; more than two would only
#: queue for the same core.
BATCHES_AT_ONCE_MAX = 2

#: Connections that stay with the ingest instead of going back to the pool after each batch.
STANDING_CONNECTIONS_MAX = BATCHES_AT_ONCE_MAX

#: Events that make a further batch worth beginning while one is under way; fewer go with the next.
FURTHER_BATCH_EVENTS_MIN = 24

#: Seconds for which repeats are looked for first, after one was met.
SEARCH_REPEATS_SECONDS = 1.0

#: Seconds for which heads are locked and read first, after another process had moved one.
LOCK_FIRST_SECONDS = 1.0

#: Seconds for which the database's clock is carried on by ours: a monotonic clock strays by less than 100
#: microseconds a second.
CLOCK_CARRIED_SECONDS_MAX = 10.0

# --- Ledger -------------------------------------------------------------------------------------------

#: Members of one page of what has a sequence (entries, events, messages): about 1 MB of the smallest.
SEQUENCE_PAGE_SIZE_MAX = 1_000

#: Findings told of one check; a chain broken near its start breaks everywhere behind it.
FINDINGS_TOLD_MAX = 1_000

# --- Server -------------------------------------------------------------------------------------------

#: Seconds that requests under way get to finish when the server stops; orchestrators kill after 30.
DRAIN_SECONDS_MAX = 20

#: Seconds an idle connection is kept: longer than the 60 of common balancers, so that they close first.
KEEP_ALIVE_SECONDS_MAX = 65

#: Connections that wait to be accepted.
SOCKET_BACKLOG_MAX = 2_048

#: Bytes of one message from a WebSocket's client: subscriptions only.
WEBSOCKET_BYTES_MAX = 64 * 1024

# --- Streams ------------------------------------------------------------------------------------------

#: Streams open in one process, and of one org in it. An idle one takes about 30 kB and a read now and then.
STREAMS_MAX = 1_000
STREAMS_PER_ORG_MAX = 250

#: Entries of one read of a stream, and bytes of their headers and payloads: what a client that stopped reading
#: holds in memory. One entry is always read, however large.
STREAM_PAGE_SIZE_MAX = 200
STREAM_PAGE_BYTES_MAX = 256 * 1024

#: Reads of all streams under way at one time: most connections stay with the commits.
STREAM_READS_AT_ONCE_MAX = 3

#: Seconds between two reads of one stream, at least, and what each stream that is open adds: a thousand reads
#: a second in all, however many watch an execution that never rests.
STREAM_READ_SECONDS_MIN = 0.02
STREAM_READ_SECONDS_PER_STREAM = 0.001

#: Seconds after which a stream reads without having been woken, in case that was missed.
STREAM_POLL_SECONDS = 5.0

#: Seconds of silence before a heartbeat: below the 30 to 60 after which proxies close.
STREAM_HEARTBEAT_SECONDS = 15.0

#: Seconds between two looks at a stream's access token; with TOKEN_CACHE_SECONDS_MAX a revocation ends a stream
#: within ten.
STREAM_RECHECK_SECONDS = 4.0

#: Seconds one page may take to be sent before the client is dropped; it goes on from where it was.
STREAM_BLOCKED_SECONDS_MAX = 30.0

#: Seconds that the last words to a client may take when the server stops.
STREAM_FAREWELL_SECONDS_MAX = 1.0

#: Seconds a WebSocket may stay without a subscription.
SOCKET_IDLE_SECONDS_MAX = 60.0

#: Characters of one message from a WebSocket's client.
SOCKET_MESSAGE_LENGTH_MAX = 4_096

# --- Process ------------------------------------------------------------------------------------------

#: Allocations (young), and collections of the younger generation (middle, old), before garbage cycles are
#: looked for: cycles are rare here, and each look at the old generation walks everything that is cached.
GC_THRESHOLDS = (20_000, 50, 100)

#: Bytes of header fields that one connection may have remembered as already parsed, and how many such pieces: a
#: client's fields differ in the length of the body alone, and most clients send bodies of few lengths.
KNOWN_FIELDS_BYTES_MAX = 2_048
KNOWN_FIELDS_MAX = 8

# --- Work ---------------------------------------------------------------------------------------------

#: Executions whose timers one process claims at a time: what it can fire within a second.
TIMER_CLAIMS_MAX = 1_000

#: Seconds after which a claim that was not kept may be made by another process. Longer than any batch takes.
TIMER_CLAIM_SECONDS = 10.0

#: Seconds between two looks when nothing seems due: how late a timer may fire whose process has died.
TIMER_LOOK_SECONDS_MAX = 1.0
#: Seconds between two looks when something is due but could not be done.
TIMER_LOOK_SECONDS_MIN = 0.01

#: Seconds for which an Idempotency-Key is remembered: a day. Events' keys are remembered for ever.
IDEMPOTENCY_KEY_SECONDS = 86_400.0

#: Seconds between two rounds of removing what is too old, and rows removed in one transaction.
CHORES_SECONDS = 600.0
CHORE_ROWS_MAX = 5_000

#: Tokens of one execution up to which a lineage is told, and entries read at a time: about a second of reading.
LINEAGE_TOKENS_MAX = 100_000
LINEAGE_PAGE_ENTRIES = 1_000
