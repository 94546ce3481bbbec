"""`actum up` from nothing: what a newcomer sees, how it stops, and that it starts again whatever happened."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actum.entrypoints.cli.data_dir import usual_data_dir
from actum.platform.embedded_postgres import EmbeddedPostgres
from actum.platform.settings import default_data_dir

from .program import Program, Started, processes_of

#: Seconds from the command to serving on a second start. The promise is two, on a machine that does nothing else;
#: tests share theirs.
SECOND_START_SECONDS_MAX = 4.0

LAST = "Ctrl-C here stops everything."


def _start(program: Program, *arguments: str) -> Iterator[Started]:
    with program.start("up", "--port", "0", *arguments) as started:
        started.wait_for(LAST)
        yield started


@pytest.fixture
def home(data_dir: Path) -> Program:
    """The command line with a data directory that has nothing in it."""
    return Program({"ACTUM_DATA_DIR": str(data_dir)})


@pytest.mark.slow
def test_a_newcomer_sees_states_ledger_and_how_to_go_on(home: Program, data_dir: Path) -> None:
    with home.start("up", "--port", "0") as started:
        started.wait_for(LAST)
        _check_what_is_printed(home, data_dir, started.text)
        _check_that_the_commands_work(home, started.text)
        assert started.interrupt() == 0
    assert started.seen[-1] == "stopped"
    assert "Traceback" not in started.text
    assert _gone(data_dir) == []

    with home.start("up", "--port", "0") as again:
        seconds = again.wait_for("serving on ")
        print(f"second start: {seconds:.2f} s from the command to serving")
        again.wait_for(LAST)
        assert "found execution demo-1 of traffic-light again: nothing was posted" in again.text
        assert _token(again.text) == _token(started.text)
        assert home.json("execution", "list")["data"][-1]["externalId"] == "demo-1"
        again.process.send_signal(signal.SIGTERM)
        assert again.end() == 0
    assert seconds < SECOND_START_SECONDS_MAX
    assert _gone(data_dir) == []


def _check_what_is_printed(home: Program, data_dir: Path, text: str) -> None:
    assert re.search(r"^serving on http://127\.0\.0\.1:\d+, [\d.]+ s after the command$", text, re.M)
    assert "template traffic-light published, version 1" in text
    assert "template order-approval published, version 1" in text
    assert re.search(r"^  tick +→ green$", text, re.M)
    assert re.search(r"^5 +transition +tick: red → green .* [0-9a-f]{12}$", text, re.M)
    assert re.search(r"^demo-1 is running: red ", text, re.M)
    kept = data_dir / "credentials.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["token"] == _token(text)
    entries = home.run("ledger", "show", "demo-1", "--json").lines
    assert [entry["entryHash"][:12] for entry in entries] == re.findall(
        r"^\d+ .* ([0-9a-f]{12})$", text, re.M
    )


def _check_that_the_commands_work(home: Program, text: str) -> None:
    """Every line below "Go on" is run as it stands there, by a shell."""
    lines = [
        line.strip()
        for line in text.split("Go on in another terminal:\n")[1].splitlines()
        if line.startswith("  ")
    ]
    export, *commands = lines
    assert sum(line.startswith("curl ") for line in commands) == 2
    assert len(commands) >= 6
    for line in commands:
        if line.startswith("actum watch"):  # goes on for ever
            continue
        script = f'{export}\nactum() {{ {sys.executable} -m actum "$@"; }}\n{line}\n'
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            capture_output=True,
            text=True,
            env=home.environment(),
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        if line.startswith("curl "):
            assert json.loads(done.stdout)["configuration"]


@pytest.mark.slow
def test_killed_at_once_it_starts_again_with_everything_there(home: Program, data_dir: Path) -> None:
    with home.start("up", "--port", "0") as started:
        started.wait_for(LAST)
        home.run("send", "demo-1", "tick", "--id", "before")
        started.process.kill()
        started.end()
    # PostgreSQL was left alone, and is adopted.
    with home.start("up", "--port", "0") as again:
        again.wait_for(LAST)
        assert "(adopted)" in again.text
        assert home.json("send", "demo-1", "tick", "--id", "before")["duplicate"] is True
        assert home.json("ledger", "check")["whole"] is True
        postmaster = EmbeddedPostgres(data_dir)
        assert postmaster.is_running()
        # Then everything is killed.
        for pid in _pids(data_dir):
            os.kill(pid, signal.SIGKILL)
        again.process.kill()
        again.end()
    with home.start("up", "--port", "0") as third:
        third.wait_for(LAST)
        assert home.json("send", "demo-1", "tick", "--id", "before")["duplicate"] is True
        assert home.json("ledger", "check")["whole"] is True
        assert third.interrupt() == 0
    assert _gone(data_dir) == []


@pytest.mark.slow
def test_a_second_one_beside_it_and_a_taken_port_are_told(home: Program, data_dir: Path) -> None:
    with home.start("up", "--port", "0", "--no-demo") as started:
        started.wait_for(LAST)
        url = json.loads((data_dir / "credentials.json").read_text())["url"]
        told = home.json("up", "--port", "0", code=1)
        assert told["code"] == "already_up"
        assert f"process {started.process.pid}, serving on {url}" in told["detail"]
        port = url.rpartition(":")[2]
        beside = home.json("serve", "--port", port, code=1)
        assert beside["code"] == "address_taken"
        assert port in beside["detail"]
        # The server that runs did not notice any of it.
        assert home.json("template", "list")["data"] == []
        assert started.interrupt() == 0
    assert _gone(data_dir) == []


@pytest.mark.slow
def test_a_lost_token_is_made_anew_for_the_same_org(home: Program, data_dir: Path) -> None:
    kept = data_dir / "credentials.json"
    for _ in _start(home, "--no-demo"):
        first = json.loads(kept.read_text())["token"]
        home.run("execution", "list")
    kept.unlink()
    for _ in _start(home, "--no-demo"):
        second = json.loads(kept.read_text())["token"]
        names = [each["name"] for each in home.json("token", "list")["data"]]
        assert names == ["made by actum up", "first admin token"]
        for token in home.json("token", "list")["data"]:
            if token["name"] == "made by actum up":
                home.run("token", "revoke", token["id"])
    for _ in _start(home, "--no-demo"):
        third = json.loads(kept.read_text())["token"]
    assert len({first, second, third}) == 3


@pytest.mark.slow
def test_with_json_one_document_tells_it_all(home: Program, data_dir: Path) -> None:
    with home.start("up", "--port", "0", "--json") as started:
        started.wait_for('"seconds":')
        document = json.loads(started.text + "\n}" if not started.text.endswith("}") else started.text)
        assert document["execution"]["externalId"] == "demo-1"
        assert len(document["ledger"]) == document["state"]["seq"]
        assert started.interrupt() == 0
    assert _gone(data_dir) == []


@pytest.mark.slow
def test_interrupted_before_it_serves_it_leaves_nothing_behind(home: Program, data_dir: Path) -> None:
    with home.start("up", "--port", "0") as started:
        started.wait_for("embedded PostgreSQL")
        assert started.interrupt() in (0, 130)
    assert "Traceback" not in started.text
    assert _gone(data_dir) == []


@pytest.mark.parametrize("base", [None, "", "relative/path", "/tmp", "/root/.local/share"])
def test_the_data_directory_is_the_servers_own_choice(
    base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if base is not None:
        monkeypatch.setenv("XDG_DATA_HOME", base)
    assert usual_data_dir() == default_data_dir()


def _token(text: str) -> str:
    return text.split("export ACTUM_TOKEN=")[1].split()[0]


def _pids(data_dir: Path) -> list[int]:
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if str(data_dir).encode() in path.read_bytes() and int(path.parent.name) != os.getpid()
    ]


def _gone(data_dir: Path) -> list[str]:
    """Processes of the directory that are still there, after those that were ending had a moment to be reaped."""
    deadline = time.monotonic() + 5
    while (found := processes_of(data_dir)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
