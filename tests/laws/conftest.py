"""Gives these tests a server, as the tests of executions have it."""

from ..executions.conftest import live, shared

__all__ = ["live", "shared"]
