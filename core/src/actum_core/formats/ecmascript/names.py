"""What a script can mention, and what it is called in the template."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from actum_core.formats.ecmascript.syntax import Function
from actum_core.formats.formula import Formula

#: Names that every host of ECMAScript has, so that using one is no error.
GLOBALS: Final = frozenset(
    {"Array", "Boolean", "Date", "Error", "Function", "Infinity", "JSON", "Map", "Math", "NaN", "Number"}
    | {"Object", "Promise", "RegExp", "Set", "String", "Symbol", "console", "decodeURIComponent", "escape"}
    | {"encodeURIComponent", "eval", "globalThis", "isFinite", "isNaN", "parseFloat", "parseInt", "require"}
    | {"setTimeout", "clearTimeout", "setInterval", "unescape", "window", "process", "alert", "_x"}
)


@dataclass(slots=True)
class Names:
    """What a script can mention."""

    #: What each variable of the script is called in the template.
    variables: dict[str, str]
    #: Names that stand for formulas: those of the host, parameters, local variables.
    formulas: dict[str, Formula] = field(default_factory=dict)
    #: The members of ``_event``, by name.
    event: Mapping[str, Formula] = field(default_factory=dict)
    #: Members of ``_event.data`` that the host puts into what it says of errors, by name.
    error_data: Mapping[str, Formula] = field(default_factory=dict)
    #: Those of them that are mentioned.
    mentioned: set[str] = field(default_factory=set)
    functions: dict[str, Function] = field(default_factory=dict)
    #: What each state that ``In`` can ask for is called in the template.
    states: Mapping[str, str] = field(default_factory=dict)

    #: The names without those of the function that is being written out; None when there are none of these.
    outside: "Names | None" = None

    def with_local(self, formulas: Mapping[str, Formula]) -> "Names":
        """These names, and others that hide what had them before."""
        variables = {name: own for name, own in self.variables.items() if name not in formulas}
        outside = self.outside or self
        return replace(self, variables=variables, formulas={**self.formulas, **formulas}, outside=outside)
