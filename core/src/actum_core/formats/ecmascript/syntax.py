"""The syntax tree of the ECMAScript that is understood here, and how reading it fails."""

from dataclasses import dataclass
from typing import Final


class EcmascriptProblem(Exception):
    """The source cannot be told in the expression language; ``offset`` is where it begins to be so."""

    def __init__(self, detail: str, offset: int) -> None:
        self.detail = detail
        self.offset = offset
        super().__init__(detail)


class CertainFailure(EcmascriptProblem):
    """No ECMAScript processor could evaluate this: wrong syntax, or a name that nothing has."""


class NotUnderstood(EcmascriptProblem):
    """ECMAScript may well give this a value, but it is beyond what is translated."""


@dataclass(frozen=True, slots=True)
class Undefined:
    """The value that is not there."""


UNDEFINED: Final = Undefined()


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | float | bool | Undefined | None
    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Member:
    """``target.name``."""

    target: "Expression"
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Index:
    """``target[index]``."""

    target: "Expression"
    index: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    callee: "Expression"
    arguments: tuple["Expression", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Expression"
    right: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Conditional:
    condition: "Expression"
    then: "Expression"
    otherwise: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Array:
    members: tuple["Expression", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    members: tuple[tuple[str, "Expression"], ...]
    offset: int


Expression = Literal | Name | Member | Index | Call | Unary | Binary | Conditional | Array | ObjectLiteral


@dataclass(frozen=True, slots=True)
class Assignment:
    """``target = value``; the operators that also read the target are written out."""

    target: Expression
    value: Expression
    offset: int
    is_declaration: bool = False

    @property
    def is_bare(self) -> bool:
        """A declaration without a value: it leaves what is declared before as it is."""
        return self.is_declaration and isinstance(self.value, Literal) and self.value.value is UNDEFINED


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Expression
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Evaluate:
    """An expression for what it does: a call."""

    expression: Expression
    offset: int


@dataclass(frozen=True, slots=True)
class Return:
    value: Expression | None
    offset: int


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    parameters: tuple[str, ...]
    body: tuple["Statement", ...]
    offset: int


Statement = Assignment | Branch | Evaluate | Return | Function
