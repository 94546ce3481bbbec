"""Sets of characters in regular expressions: sorted ranges of code points."""

from typing import Final

Ranges = tuple[tuple[int, int], ...]

#: The last code point.
TOP: Final = 0x10FFFF


def normalize(ranges: list[tuple[int, int]]) -> Ranges:
    """Sorted ranges that neither touch nor overlap."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def invert(ranges: Ranges) -> Ranges:
    """Every code point that is not in the ranges."""
    found: list[tuple[int, int]] = []
    start = 0
    for first, last in ranges:
        if first > start:
            found.append((start, first - 1))
        start = last + 1
    if start <= TOP:
        found.append((start, TOP))
    return tuple(found)


#: Letters beyond ASCII whose other case is an ASCII letter, and back: long s and the Kelvin sign.
_FOLDED_TO_ASCII: Final = tuple(
    pair
    for ascii_letters, other in (("Ss", 0x17F), ("Kk", 0x212A))
    for letter in ascii_letters
    for pair in ((ord(letter), other), (other, ord(letter)))
)


def fold(ranges: Ranges) -> Ranges:
    """The ranges with the other case of each character, ASCII for wide ranges."""
    added = list(ranges)
    for first, last in ranges:
        for code in range(max(first, ord("A")), min(last, ord("Z")) + 1):
            added.append((code + 32, code + 32))
        for code in range(max(first, ord("a")), min(last, ord("z")) + 1):
            added.append((code - 32, code - 32))
        for letter, other_case in _FOLDED_TO_ASCII:
            if first <= letter <= last:
                added.append((other_case, other_case))
        if first == last and first > 127:
            for other in (chr(first).lower(), chr(first).upper()):
                if len(other) == 1:
                    added.append((ord(other), ord(other)))
    return normalize(added)


def span(text: str) -> Ranges:
    """Ranges from pairs of characters: ``09AZ`` is 0 to 9 and A to Z."""
    return normalize([(ord(text[place]), ord(text[place + 1])) for place in range(0, len(text), 2)])


#: What ``\d``, ``\w`` and ``\s`` stand for: ASCII only, as in RE2.
PERL: Final = {"d": span("09"), "w": span("09AZ__az"), "s": span("\t\n\f\r  ")}

#: What may stand between ``[:`` and ``:]``.
POSIX: Final = {
    "alnum": span("09AZaz"),
    "alpha": span("AZaz"),
    "ascii": span("\0\x7f"),
    "blank": span("\t\t  "),
    "cntrl": span("\0\x1f\x7f\x7f"),
    "digit": span("09"),
    "graph": span("!~"),
    "lower": span("az"),
    "print": span(" ~"),
    "punct": span("!/:@[`{~"),
    "space": span("\t\r  "),
    "upper": span("AZ"),
    "word": span("09AZ__az"),
    "xdigit": span("09AFaf"),
}
