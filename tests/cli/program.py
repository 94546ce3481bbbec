"""Run the command line as people do: a process of its own, with an environment that says everything."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
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


class Started:
    """A command that runs, and what it has written so far.

    A thread reads it all the time: a server whose pipe is full would stop where it writes its next line.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.began = time.monotonic()
        self.seen: list[str] = []
        self._grown = threading.Condition()
        self._has_ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # closed by the test
            for line in self.process.stdout:
                with self._grown:
                    self.seen.append(line.rstrip("\n"))
                    self._grown.notify_all()
        with self._grown:
            self._has_ended = True
            self._grown.notify_all()

    def wait_for(self, text: str) -> float:
        """Wait until a line holds the text; seconds since the command began. Fails when it ends before."""
        with self._grown:
            self._grown.wait_for(lambda: self._has_ended or self.line_with(text) is not None, SECONDS_MAX)
            assert self.line_with(text) is not None, f"{text!r} was not written:\n{self.text}"
        return time.monotonic() - self.began

    def line_with(self, text: str) -> str | None:
        """The first line that holds a text."""
        return next((line for line in self.seen if text in line), None)

    def interrupt(self) -> int:
        """Press Ctrl-C and wait for the end; the exit code."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.end()

    def end(self) -> int:
        """Wait for the end; the exit code. Everything it still wrote is in `seen`."""
        code = self.process.wait(SECONDS_MAX)
        with self._grown:
            assert self._grown.wait_for(lambda: self._has_ended, SECONDS_MAX)
        return code

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
