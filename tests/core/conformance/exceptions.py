"""What of the published suites is not passed as published, and why. These lists may only become shorter."""

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

#: Tests about ECMAScript that charts with the data model ``ecmascript`` pass all the same, by number.
ECMASCRIPT: tuple[str, ...] = ("445", "449", "451", "457", "459", "569")
