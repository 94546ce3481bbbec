"""One simulation in a process of its own: asked on standard input, answered on standard output, both as JSON.

So that nothing a template does can keep the server from its work: the process has its own interpreter, a lower
priority, a bound on its memory, and is killed when it takes too long. It knows no database and no network.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, Final

from actum_core.errors import Invalid
from actum_core.simulation import Setting, Simulation, describe_simulation, parse_outcomes, parse_script
from actum_core.template import load_program

#: Added to the priority's number: whatever else the machine has to do comes first.
_NICE: Final = 10


def simulate(asked: dict[str, Any]) -> dict[str, Any]:
    """The report. Raises ScriptInvalid and StartInvalid with pointers into the request."""
    ends_at = time.monotonic() + asked["secondsMax"]
    program = load_program(asked["program"].encode())
    with _inside("/events"):
        script = parse_script(asked["events"])
    with _inside("/outcomes"):
        outcomes = parse_outcomes(asked["outcomes"])
    setting = Setting(
        start=asked["start"],
        until=asked["until"],
        is_to_quiet=asked["isToQuiet"],
        outcomes=outcomes,
        is_traced=asked["isTraced"],
        seed=asked["seed"],
        inputs_max=asked["inputsMax"],
        bytes_max=asked["bytesMax"],
    )
    with _inside("/input"):
        simulation = Simulation(program, asked["input"], setting)
    ended: dict[str, Any] = {}
    with _inside("/events"):
        for _ in simulation.play(script):
            if time.monotonic() > ends_at:
                ended = {"ended": "seconds"}
                break
    return {**describe_simulation(simulation), "warnings": asked["warnings"], **ended}


@contextmanager
def _inside(member: str) -> Iterator[None]:
    """Let pointers of problems begin with the member of the request that they are in."""
    try:
        yield
    except Invalid as error:
        raise type(error)(replace(each, pointer=member + each.pointer) for each in error.problems) from None


def _bound_memory(bytes_max: int) -> None:
    try:
        import resource
    except ImportError:
        return  # where the system has no such bound, the size of what is written is the only one
    # Some systems know the call and not this bound.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bytes_max, bytes_max))


def main() -> None:
    """Answer the one question on standard input."""
    with suppress(OSError, AttributeError):
        os.nice(_NICE)
    asked = json.loads(sys.stdin.buffer.read())
    _bound_memory(asked["memoryBytesMax"])
    try:
        told = simulate(asked)
    except Invalid as error:
        problems = [[each.pointer, each.code, each.detail] for each in error.problems]
        told = {"refused": error.code, "problems": problems}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(text) > asked["answerBytesMax"]:
        text = json.dumps({"tooLarge": len(text)}).encode()
    sys.stdout.buffer.write(text)


if __name__ == "__main__":
    main()
