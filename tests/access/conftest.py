"""Gives these tests one server with two orgs, shared by a module: only what a test makes may it change."""

from collections.abc import AsyncIterator

import pytest_asyncio

from actum.platform.database import Database, PoolSize
from actum.platform.postgres_cluster import DatabaseUrls

from ..conftest import fresh_database
from .world import World, running_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres: DatabaseUrls, template_database: str) -> AsyncIterator[World]:
    async with fresh_database(postgres, template_database) as urls:
        opened = await Database.open(urls.app, PoolSize(minimum=1, maximum=6))
        try:
            async with running_world(opened, urls.superuser) as started:
                yield started
        finally:
            await opened.close()
