"""What is made from the product and stands in the documentation is what the product gives now."""

import pytest
from tests.pages.parts import PARTS, parts_of

_CASES = [(page, name) for page, parts in PARTS.items() for name in parts]


@pytest.mark.parametrize("page", PARTS)
def test_every_part_has_its_place_in_its_page(page: str) -> None:
    assert sorted(parts_of(page)) == sorted(PARTS[page])


@pytest.mark.parametrize(("page", "name"), _CASES)
def test_a_part_is_what_is_made_now(page: str, name: str) -> None:
    """`python -m tests.pages.parts` (or `make generate`) writes it anew."""
    assert parts_of(page)[name] == PARTS[page][name]()
