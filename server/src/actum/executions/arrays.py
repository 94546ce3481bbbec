"""Columns as PostgreSQL array literals in text, for the one statement that every event passes through.

The driver encodes a binary array element by element and looks at each one's type several times; joining
text costs a tenth of that, and PostgreSQL reads the text faster than the driver writes the other.
PostgreSQL 18 documentation, section 8.15.6, array input syntax.
"""

from collections.abc import Iterable, Sequence


def plain_array(members: Iterable[object]) -> str:
    """Members whose text needs no quotes: numbers, UUIDs, hexadecimal digits, instants, words of ours."""
    return "{" + ",".join(map(str, members)) + "}"


def text_array(members: Sequence[str]) -> str:
    """Members of any text without U+0000."""
    if not members:
        return "{}"
    return '{"' + '","'.join([member.replace("\\", "\\\\").replace('"', '\\"') for member in members]) + '"}'
