"""Gives these tests a server with the counter published."""

from collections.abc import AsyncIterator

import pytest
from actum.platform.database import Database

from .live import Live, running_live


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    async with running_live(database) as started:
        yield started
