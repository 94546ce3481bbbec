"""Following an execution: nothing missed, nothing twice, and an end when there is one."""

import json

from .program import Program


def test_a_finished_execution_is_told_from_its_first_entry_to_its_end(server: Program, light: str) -> None:
    server.run("send", light, "tick")
    server.run("execution", "cancel", light)
    told = server.run("watch", light, "--after", "0", "--json").lines
    assert [each.get("kind", each["object"]) for each in told] == [
        "created",
        "started",
        "transition",
        "event",
        "transition",
        "cancelled",
        "end",
    ]
    assert (
        server.run("watch", light).out.splitlines()[-1]
        == "the execution is cancelled: nothing more will happen"
    )


def test_entries_are_told_as_they_happen_until_the_end(server: Program, light: str) -> None:
    with server.start("watch", light) as watching:
        watching.wait_for("running: red")
        server.run("send", light, "tick")
        watching.wait_for("tick: red → green")
        server.run("execution", "cancel", light)
        assert watching.end() == 0
    assert watching.seen[-1] == "the execution is cancelled: nothing more will happen"


def test_ctrl_c_ends_it_quietly(server: Program, light: str) -> None:
    with server.start("watch", light, "--after", "0", "--json") as watching:
        watching.wait_for('"kind":"transition"')
        assert watching.interrupt() == 130
    assert all(json.loads(line) for line in watching.seen)
