"""Strong entity tags (RFC 9110, sections 8.8.3 and 13.1): a counter of changes in double quotes."""

import re
from typing import Final

from actum.platform.http_errors import ParameterInvalid, PreconditionFailed, PreconditionRequired
from actum_core.errors import Problem

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e]*")')
_LIST: Final = re.compile(rf"\s*(?:{_TAG.pattern}\s*(?:,\s*|$))+")


def etag_of(revision: int) -> str:
    """The entity tag of a revision."""
    return f'"{revision}"'


def check_if_match(header: str | None, etag: str) -> None:
    """Let a write pass only over what its author has seen.

    Raises PreconditionRequired without the header, PreconditionFailed when it names another revision,
    ParameterInvalid when it is no list of entity tags. A weak tag never matches (section 8.8.3.2).
    """
    if header is None:
        raise PreconditionRequired("this needs If-Match")
    if header.strip() == "*":
        return
    if _LIST.fullmatch(header) is None:
        detail = 'If-Match is an ETag as it was returned, such as "3", with its quotes'
        raise ParameterInvalid([Problem("/header/If-Match", "bad_value", detail)])
    if not any(tag == etag and not weak for weak, tag in _TAG.findall(header)):
        raise PreconditionFailed(f"the current ETag is {etag}")


def is_unchanged(header: str | None, etag: str) -> bool:
    """True when If-None-Match names the current revision: answer 304. What is no entity tag matches nothing."""
    if header is None:
        return False
    return header.strip() == "*" or any(tag == etag for _, tag in _TAG.findall(header))
