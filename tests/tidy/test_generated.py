"""What is generated is committed, and is what would be generated now."""

from tests.tidy.sources import ROOT

from actum.entrypoints.openapi import current_document


def test_the_openapi_document_is_up_to_date() -> None:
    """`python -m actum.entrypoints.openapi` writes it."""
    assert (ROOT / "spec" / "openapi.json").read_bytes() == current_document()
