"""Gives these tests a server with the counter published: one of their own, or one that a whole module shares."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actum.platform.database import Database, PoolSize
from actum.platform.postgres_cluster import DatabaseUrls

from ..conftest import fresh_database
from .live import Live, running_live


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with running_live(database) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(postgres: DatabaseUrls, template_database: str) -> AsyncIterator[Live]:
    """For tests that keep to executions of their own: `pytestmark = pytest.mark.asyncio(loop_scope="module")`."""
    async with fresh_database(postgres, template_database) as urls:
        opened = await Database.open(urls.app, PoolSize(minimum=1, maximum=6))
        try:
            async with running_live(opened, snapshot_every_inputs=5) as started:
                started.superuser_url = urls.superuser
                yield started
        finally:
            await opened.close()
