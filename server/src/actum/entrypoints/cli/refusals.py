"""What ends a command other than success: exit codes, and errors whose message says what to do."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, ClassVar

from actum_core.errors import ActumError, Invalid


class Exit(IntEnum):
    """What a command exits with; scripts may rely on these."""

    OK = 0
    #: Refused by the server, or impossible here.
    FAILED = 1
    #: The command line itself is wrong.
    USAGE = 2
    #: What was checked is not what it should be: findings in a ledger, a replay that differs.
    DIFFERENT = 3
    #: Ended by Ctrl-C, as shells expect it.
    INTERRUPTED = 130


class UsageError(ActumError):
    """Correct the command line; `--help` after any command shows what it takes."""

    code: ClassVar[str] = "usage"


class FileUnreadable(ActumError):
    """Give a file that exists and that you may read, or `-` for standard input where that is offered."""

    code: ClassVar[str] = "file_unreadable"


class SystemRefused(ActumError):
    """Make possible what the system refused here: a directory that may be written, room on the disk."""

    code: ClassVar[str] = "system_refused"


class ServerAbsent(ActumError):
    """Start the server with `actum up`, or name another one with --url or ACTUM_URL."""

    code: ClassVar[str] = "server_absent"


class ServerSilent(ActumError):
    """Look at the server's own output; then repeat the command, which does nothing twice."""

    code: ClassVar[str] = "server_silent"


class NotActum(ActumError):
    """Correct the address: what answers there is not an Actum server."""

    code: ClassVar[str] = "not_actum"


class TokenAbsent(ActumError):
    """Give an access token with --token or ACTUM_TOKEN; `actum up` keeps one for the server it starts."""

    code: ClassVar[str] = "token_absent"


class ApiRefused(ActumError):
    """The server refused the request; its answer says why."""

    code: ClassVar[str] = "refused"

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = dict(problem)
        super().__init__(str(problem.get("detail") or problem.get("title") or "refused without a reason"))

    @property
    def problem_code(self) -> str:
        """The stable code of the server's answer."""
        return str(self.problem.get("code", ""))


def describe(error: ActumError) -> dict[str, Any]:
    """An error as the one JSON document that `--json` writes: RFC 9457's members where there are any."""
    if isinstance(error, ApiRefused):
        return {"object": "problem", **error.problem}
    problems = error.problems if isinstance(error, Invalid) else ()
    return {
        "object": "problem",
        "code": error.code,
        "title": advice_of(error),
        "detail": str(error) or advice_of(error),
        "errors": [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in problems],
    }


def explain(error: ActumError) -> str:
    """An error for people: what is wrong, where, and what to do about it."""
    told = describe(error)
    errors = told.get("errors") or ()
    # With its errors below it, the detail would only say the first of them twice.
    advice, headline = told.get("title") or told["detail"], told["detail"]
    lines = [f"actum: {advice if errors else headline} ({told['code']})"]
    lines.extend(
        f"  {each['pointer'] + ': ' if each['pointer'] else ''}{each['detail']} ({each['code']})"
        for each in errors
    )
    if not errors and advice != headline:
        lines.append(f"  {advice}.")
    if told.get("status") == 401:
        lines.append("  --token or ACTUM_TOKEN names another access token.")
    if told.get("status", 0) >= 500 and told.get("requestId"):
        lines.append(f"  The server knows this request as {told['requestId']}.")
    return "\n".join(lines)


def advice_of(error: ActumError) -> str:
    """What the reader should do: the first line of the error's docstring."""
    return (type(error).__doc__ or "").strip().partition("\n")[0].removesuffix(".")
