"""Run the command line as people do: a process of its own, with an environment that says everything."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

#: Seconds any command of a test may take, on a machine that is busy with other tests.
SECONDS_MAX: Final = 60.0

_ESCAPE: Final = re.compile("\x1b")


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output, which must be JSON lines and nothing else."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Program:
    """The command line with the variables that it is given."""

    variables: Mapping[str, str]

    def run(self, *arguments: str, stdin: str = "", code: int = 0) -> Ran:
        """Run a command to its end; it must exit with the code, without a traceback and without colours."""
        done = subprocess.run(
            [sys.executable, "-m", "actum", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            env=self.environment(),
            check=False,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert ran.code == code, f"exit code {ran.code}\n{ran.out}\n{ran.err}"
        assert "Traceback" not in ran.err
        assert not _ESCAPE.search(ran.out + ran.err)
        return ran

    def json(self, *arguments: str, stdin: str = "", code: int = 0) -> Any:
        """The one document that a command writes with --json."""
        return self.run(*arguments, "--json", stdin=stdin, code=code).document

    def environment(self) -> dict[str, str]:
        """The process's own, without any setting of ours but these."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ACTUM_")}
        return {**inherited, "PYTHONPATH": os.pathsep.join(sys.path), **self.variables}

    @contextmanager
    def start(self, *arguments: str) -> "Iterator[Started]":
        """A command that goes on; at the end it is killed if it still runs."""
        process = subprocess.Popen(
            [sys.executable, "-m", "actum", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            env=self.environment(),
            # A terminal's Ctrl-C goes to the group of the command in front, which this makes one.
            process_group=0,
        )
        started = Started(process)
        try:
            yield started
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


class Started:
    """A command that runs, and what it has written so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.began = time.monotonic()
        self.seen: list[str] = []

    def wait_for(self, text: str) -> float:
        """Read until a line holds the text; seconds since the command began. Fails when it ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(line.rstrip("\n"))
            if text in line:
                return time.monotonic() - self.began
        raise AssertionError(f"{text!r} was not written before the end:\n" + "\n".join(self.seen))

    def interrupt(self) -> int:
        """Press Ctrl-C and wait for the end; the exit code. Everything it still wrote is in `seen`."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Wait for the end; the exit code."""
        assert self.process.stdout is not None
        self.seen.extend(line.rstrip("\n") for line in self.process.stdout)
        return self.process.wait(SECONDS_MAX)

    @property
    def text(self) -> str:
        return "\n".join(self.seen)


def processes_of(data_dir: Path) -> list[str]:
    """Command lines of processes that name a directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(data_dir) in line:
                found.append(line)
    return found
