"""Gives these tests a server."""

from ..serving import api as api
