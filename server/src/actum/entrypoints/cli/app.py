"""The commands by name, each loaded when it is asked for; and how every one of them ends."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from typing import Final

from cyclopts import App, CycloptsError

from actum.entrypoints.cli.refusals import Exit, SystemRefused, UsageError, describe, explain
from actum_core.errors import ActumError

_PACKAGE: Final = "actum.entrypoints.cli"

#: Name, module, what it is for: in the order in which somebody new meets them.
_COMMANDS: Final = (
    ("up", "up", "Start everything on this machine, with a demo, and print how to go on."),
    ("serve", "serve", "Start the server alone, for production."),
    ("migrate", "migrate", "Bring the database to this version's tables."),
    ("org", "orgs", "Make and list orgs, as the owner of the platform."),
    ("token", "access_tokens", "Make, list and revoke access tokens."),
    ("template", "templates", "Check, publish, list, show, compare, import and export templates."),
    ("component", "components", "Publish, list, show and compare components."),
    ("rules", "rules", "Try the rules of a template on an event."),
    ("simulate", "simulate", "Let events happen to a template here, under a clock of its own."),
    ("execution", "executions", "Start, list, show, pause, resume and cancel executions."),
    ("action", "actions", "List what an execution asked for, and tell how it ended."),
    ("send", "send", "Send one event, or a file of them, into an execution."),
    ("watch", "watch", "Follow an execution's state and ledger as it happens."),
    ("ledger", "ledger", "Show an execution's ledger, or check that nothing in it was changed."),
    ("lineage", "lineage", "List an execution's tokens, or follow one back to its events and forward."),
    ("replay", "replay", "Fold an execution's inputs again and compare every byte."),
    ("snapshot", "snapshots", "Store and list states that a replay may begin from."),
)
_HELP: Final = """Durable state machines with a ledger anyone can verify.

Begin with `actum up`. Every command has `--help` with an example, and `--json`."""
_EXITS: Final = """Exit codes:
  0  done
  1  refused or failed
  2  wrong command line
  3  something checked is not as it should be"""


def make_app(chosen: str = "") -> App:
    """All commands, none of them loaded yet; the chosen one will tell its own help, the others their purpose."""
    app = App(
        name="actum",
        help=_HELP,
        help_epilogue=_EXITS,
        help_format="plaintext",
        version=_version,
        result_action="return_value",
    )
    for order, (name, module, purpose) in enumerate(_COMMANDS):
        shown = None if name == chosen else purpose
        app.command(f"{_PACKAGE}.{module}:app", name=name, help=shown, sort_key=order)
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command and return what to exit with. What is refused is told here, for all commands alike."""
    is_json = "--json" in arguments
    try:
        found = make_app(next(iter(arguments), ""))(list(arguments), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        return _fail(is_json, _usage(error), Exit.USAGE)
    except ActumError as error:
        return _fail(is_json, error, Exit.USAGE if error.code == "usage" else Exit.FAILED)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _leave_quietly()
    except OSError as error:
        return _fail(is_json, SystemRefused(str(error)), Exit.FAILED)
    return found if isinstance(found, int) else Exit.OK


def _leave_quietly() -> int:
    """End without a word: whoever read us has enough, and what Python flushes at its end goes nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK


def _version() -> str:
    try:
        return f"actum {metadata.version('actum')}"
    except metadata.PackageNotFoundError:
        return "actum (run from its source, without a version)"


def _usage(error: CycloptsError) -> ActumError:
    return UsageError(str(error).strip())


def _fail(is_json: bool, error: ActumError, code: Exit) -> int:  # noqa: FBT001 - the flag of the command line itself
    from actum.entrypoints.cli.screen import Screen

    with suppress(BrokenPipeError):
        Screen(is_json).tell(describe(error), lambda _: None)
        print(explain(error), file=sys.stderr)
    return code


def make_group(name: str, purpose: str) -> App:
    """The commands of one noun."""
    return App(name=name, help=purpose, help_format="plaintext")


def example(*lines: str) -> str:
    """What stands below a command's help."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\n".join((title, *(f"  {line}" for line in lines)))
