"""The clusters of a test's own that it may kill, and other processes that use them."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from actum.platform.embedded_postgres import (
    EmbeddedPostgres,
)

from .clusters import Told, User


@pytest.fixture
def user(made_data_dir: Path) -> Iterator[Callable[[], User]]:
    users: list[User] = []

    def begin() -> User:
        users.append(User(made_data_dir))
        return users[-1]

    yield begin
    for each in users:
        each.kill()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def own_postgres(made_data_dir: Path, told: Told) -> AsyncIterator[EmbeddedPostgres]:
    cluster = EmbeddedPostgres(made_data_dir, on_report=told)
    yield cluster
    await cluster.stop()
