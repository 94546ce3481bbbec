"""Every command has help that says what it does, shows an example, and offers --json."""

import pytest

from actum.entrypoints.cli.app import make_app, run


def _commands() -> list[tuple[str, ...]]:
    app = make_app()
    found: list[tuple[str, ...]] = []
    for name in app:
        if name.startswith("-"):
            continue
        below = [each for each in app[name] if not each.startswith("-")]
        found += [(name, each) for each in below] or [(name,)]
    return found


COMMANDS = _commands()


def test_these_are_the_commands() -> None:
    assert [" ".join(command) for command in COMMANDS] == [
        "up",
        "serve",
        "migrate",
        "org create",
        "org list",
        "token create",
        "token list",
        "token revoke",
        "template check",
        "template publish",
        "template list",
        "template show",
        "template diff",
        "template import",
        "template export",
        "component publish",
        "component list",
        "component show",
        "component diff",
        "rules test",
        "simulate",
        "execution start",
        "execution list",
        "execution show",
        "execution pause",
        "execution resume",
        "execution cancel",
        "action list",
        "action outcome",
        "send",
        "watch",
        "ledger show",
        "ledger check",
        "lineage",
        "replay",
        "snapshot create",
        "snapshot list",
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_has_help_with_an_example(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: actum {' '.join(command)} ")
    description = told.split("\n\n")[1]
    assert description[0].isupper()
    assert len(description.split()) >= 4
    assert "--json" in told
    examples = told.split("Example", 1)[1].splitlines()[1:]
    assert any(f"actum {' '.join(command)}" in line for line in examples)


def test_nothing_that_serves_is_loaded_to_ask_for_help() -> None:
    import subprocess
    import sys

    script = (
        "import sys; from actum.entrypoints.cli.app import run; run(['--help']); "
        "print(sorted({'asyncpg', 'litestar', 'httpx2', 'uvicorn', 'pydantic', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
