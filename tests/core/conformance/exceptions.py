"""What of the published suites is not passed as published, and why. These lists may only become shorter."""

from typing import Final

#: Charts of SCION whose script follows SCION's own semantics, where SCXML says otherwise. The suite has a second script
#: for each, under ``legacySemantics``, which is the one that is followed.
SCION_SEMANTICS: dict[str, str] = {
    "more-parallel/test10": "a parallel state is no compound state, so a transition of its region leaves it "
    "(appendix D: findLCCA); SCION stays in it",
    "more-parallel/test10b": "the same, the other way round",
}

#: Categories of the W3C's tests that are beyond the data model.
CATEGORIES: dict[str, str] = {
    "manual": "somebody must look at what is logged",
    "script": "executable scripts: the expression language has none",
    "ecmascript-datamodel": "about ECMAScript, section B.2",
    "http-io": "about the Basic HTTP Event I/O Processor, section C.2, which is optional",
}

_MANUAL: Final = "manual: somebody must look at what is logged"
_HTTP: Final = "about the Basic HTTP Event I/O Processor, section C.2, which is optional"
_LANGUAGE: Final = "about ECMAScript, section B.2: "

#: Tests of which only the form for ECMAScript is among ours, by number: what is beyond reach.
CHARTS: dict[str, str] = {
    **dict.fromkeys(("178", "230", "250"), _MANUAL),
    **dict.fromkeys(("510", "518", "520", "522", "532", "534"), _HTTP),
    "444": _LANGUAGE + "++ in a condition, which changes what it looks at",
    "452": _LANGUAGE + "objects made with new",
}

#: And what is within reach, but not passed.
CHARTS_FAILED: dict[str, str] = {
    "224": "its form for ECMAScript has a condition that calls a function written in its place: not translated",
}

#: Tests about ECMAScript that charts with the data model ``ecmascript`` pass all the same, by number.
ECMASCRIPT: tuple[str, ...] = ("445", "449", "451", "457", "459", "569")
