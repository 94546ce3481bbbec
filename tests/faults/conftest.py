"""Gives these tests a server, as the tests of executions have it."""

from ..executions.conftest import live

__all__ = ["live"]
