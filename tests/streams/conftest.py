"""Gives these tests two servers on one database, with the counter published."""

from collections.abc import AsyncIterator

import pytest

from actum.platform.database import Database
from actum.platform.postgres_cluster import DatabaseUrls
from actum.streams.settings import StreamSettings
from actum.streams.store import Bounds

from .nodes import Node, Org, make_org, publish_counter, running_node

#: So long a poll that only a wake-up can explain an entry that comes at once.
PATIENT = StreamSettings(poll_seconds=60.0)

#: Pages of three entries, so that every test reads several.
SMALL = StreamSettings(poll_seconds=60.0, bounds=Bounds(3, 64 * 1024))


@pytest.fixture
async def org(database: Database) -> Org:
    return await make_org(database, "acme")


@pytest.fixture
async def other_org(database: Database) -> Org:
    return await make_org(database, "other")


@pytest.fixture
async def node(database_urls: DatabaseUrls, org: Org) -> AsyncIterator[Node]:
    async with running_node(database_urls.app, org.admin, PATIENT) as started:
        await publish_counter(started)
        yield started


@pytest.fixture
async def second_node(database_urls: DatabaseUrls, org: Org, node: Node) -> AsyncIterator[Node]:
    async with running_node(database_urls.app, org.admin, SMALL) as started:
        yield started
