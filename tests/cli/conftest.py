"""Gives these tests a real server on a database of its own, and the command line that knows it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actum.platform.postgres_cluster import DatabaseUrls

from ..conftest import fresh_database, make_data_dir, remove_data_dir
from .program import Program

EXAMPLES = Path(__file__).resolve().parents[2] / "server" / "src" / "actum" / "examples"


@pytest.fixture(scope="session")
def server(postgres: DatabaseUrls, template_database: str) -> Iterator[Program]:
    """A server with the org `acme` and the two examples published; the commands have its address and admin token."""
    place = make_data_dir("actum-test-cli-")
    with _database(postgres, template_database) as urls:
        variables = {
            "ACTUM_DATA_DIR": str(place),
            "ACTUM_DATABASE_URL": urls.app,
            "ACTUM_MIGRATE_DATABASE_URL": urls.owner,
        }
        with Program(variables).start("serve", "--port", "0") as serving:
            serving.wait_for("serving on ")
            url = (serving.line_with("serving on ") or "").split()[-1]
            token = Program(variables).json("org", "create", "acme", "--name", "Acme Ltd")["token"]
            program = Program({**variables, "ACTUM_URL": url, "ACTUM_TOKEN": token})
            program.run("template", "publish", *(str(EXAMPLES / name) for name in FILES))
            yield program
            assert serving.interrupt() == 0, serving.text
    remove_data_dir(place)


FILES = ("traffic-light.yaml", "order-approval.yaml")


@contextmanager
def _database(postgres: DatabaseUrls, template: str) -> Iterator[DatabaseUrls]:
    """`fresh_database` for code without an event loop."""
    with asyncio.Runner() as runner:
        opened = fresh_database(postgres, template)
        try:
            yield runner.run(opened.__aenter__())
        finally:
            runner.run(opened.__aexit__(None, None, None))


@pytest.fixture
def light(server: Program) -> str:
    """A traffic light that was just started: its id."""
    told = server.json("execution", "start", "traffic-light", "--input", '{"junction": "north"}')
    assert told["lifecycle"] == "running"
    return str(told["id"])
