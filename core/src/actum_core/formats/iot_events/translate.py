"""Translate expressions of AWS IoT Events to the expression language.

What the service leaves undefined is an error here, and a condition that fails is false in both. Where that is not
the same (an undefined operand of ``||`` is false, a variable without a value differs from nothing) the text says
so itself. Between integers ``/`` rounds; JSON does not tell 20.0 from 20, so both are integers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from actum_core.formats.cel_text import Cel, Level, conjunction, member, quoted
from actum_core.formats.iot_events import reads
from actum_core.formats.iot_events.syntax import (
    Binary,
    Call,
    Literal,
    Node,
    Reference,
    Template,
    Unary,
    Unreadable,
)

#: Where the message that drives the machine says what set the detector off.
TRIGGER: Final = "message.data.trigger"
INPUT: Final = "message.data.input"

_ROUNDING: Final = (
    "between whole numbers a division rounds, as the service says; JSON here does not tell 20.0 from 20, so a "
    "decimal that happens to be whole counts as whole"
)
_INTEGER_MAX: Final = 2**63 - 1
_NUMBERS: Final = frozenset({"integer", "decimal", "number"})
_BITS: Final = {"|": "bitOr", "&": "bitAnd", "^": "bitXor"}
_BIT_CALLS: Final = {"bitor": "bitOr", "bitand": "bitAnd", "bitxor": "bitXor", "bitnot": "bitNot"}
_TEXT_CALLS: Final = {"startsWith": "startsWith", "endsWith": "endsWith", "contains": "contains"}
_CONVERTERS: Final = {
    "String": ("string", "string"),
    "Boolean": ("bool", "truth"),
    "Decimal": ("double", "decimal"),
}
_ARGUMENTS: Final = {
    **dict.fromkeys(("timeout", "isNull", "isUndefined", "triggerType", "currentInput", "bitnot"), 1),
    **dict.fromkeys(("convert", "startsWith", "endsWith", "contains", "bitor", "bitand", "bitxor"), 2),
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands for the things that expressions name; a variable in ``settled`` always has a value."""

    inputs: Mapping[str, str]
    variables: Mapping[str, str]
    timers: Mapping[str, str]
    settled: frozenset[str] = frozenset()
    kinds: Mapping[str, str] = field(default_factory=dict)
    #: Template variables of which an earlier value is meant, and the variables that keep it.
    frozen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translation:
    """A text of the expression language.

    ``kind`` is integer, decimal, number, string, truth, or empty when that depends. Evaluating a ``is_safe`` one
    never fails.
    """

    cel: Cel
    kind: str = ""
    is_safe: bool = False

    @property
    def text(self) -> str:
        return self.cel.text


class Translator:
    """Translates where the same surroundings hold. Every method raises Unreadable for what has no meaning."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.around = surroundings
        #: What was met that means something else, or nothing, here: offset and sentence.
        self.remarks: list[tuple[int, str]] = []

    def condition(self, node: Node) -> Translation:
        """A translation that is true exactly when the source is; it may fail where the source is undefined."""
        if isinstance(node, Binary) and node.operator in ("&&", "||"):
            level = Level.AND if node.operator == "&&" else Level.OR
            parts = [self.condition(part).cel.within(level) for part in reads.operands(node)]
            return Translation(Cel(f" {node.operator} ".join(parts), level), "truth")
        if isinstance(node, Binary) and node.operator in ("==", "!="):
            first, links = reads.chain(node)
            if len(links) == 1:
                self._remark_itself(first, node)
                compared = Cel(self._equality(first, node.right, node.operator), Level.RELATION)
                guards = self._guards(first, node)
                whole = conjunction([*guards, compared.within(Level.AND)]) if guards else compared
                return Translation(whole, "truth")
        return self.value(node)

    def value(self, node: Node) -> Translation:
        """A translation that has the value of the source, and fails where that is undefined."""
        match node:
            case Literal():
                return self._literal(node)
            case Reference():
                return self._reference(node)
            case Unary():
                return self._unary(node)
            case Binary():
                return self._binary(node)
            case Call():
                return self._call(node)
            case Template():
                return self._template(node)

    def lenient(self, node: Node) -> str:
        """A text, binding as ``&&`` does, that is true or false even where the source is undefined."""
        parts = [part for reference in reads.needed(node) for part in self._defined(reference)]
        return conjunction([*dict.fromkeys(parts), self.value(node).cel.within(Level.AND)]).text

    def variable(self, name: str) -> str:
        """A template variable, or what keeps the value of it that is meant."""
        return f"vars.{self.around.frozen.get(name, name)}"

    def _literal(self, node: Literal) -> Translation:
        if isinstance(node.value, bool):
            return Translation(Cel("true" if node.value else "false"), "truth", is_safe=True)
        if isinstance(node.value, str):
            return Translation(Cel(quoted(node.value)), "string", is_safe=True)
        if isinstance(node.value, int):
            if node.value > _INTEGER_MAX:
                raise Unreadable(node.offset, f"{node.text[:40]} is beyond 64 bits")
            return Translation(Cel(str(node.value)), "integer", is_safe=True)
        if node.value in (float("inf"), float("-inf")):
            raise Unreadable(node.offset, f"{node.text[:40]} is beyond what a double holds")
        return Translation(Cel(repr(node.value)), "decimal", is_safe=True)

    def _reference(self, node: Reference) -> Translation:
        name = str(node.path[0])
        if node.root == "variable":
            variable = self._variable(node)
            text = self.variable(variable)
            for key in node.path[1:]:
                text = member(text, key)
            is_safe = name in self.around.settled and len(node.path) == 1
            return Translation(Cel(text), self.around.kinds.get(name, ""), is_safe)
        text = f"vars.{self.around.inputs[name]}"
        for key in node.path[1:]:
            text = member(text, key)
        return Translation(Cel(text))

    def _variable(self, node: Reference) -> str:
        found = self.around.variables.get(str(node.path[0]))
        if found is None:
            raise Unreadable(node.offset, f"the variable {str(node.path[0])[:64]!r} is never set")
        return found

    def _is_bare(self, node: Node) -> bool:
        """True for a variable that may have no value: null here, which is comparable."""
        return (
            isinstance(node, Reference)
            and node.root == "variable"
            and len(node.path) == 1
            and node.path[0] not in self.around.settled
        )

    def _guards(self, left: Node, node: Binary) -> list[str]:
        """What must be true before two values are compared at all."""
        pair = (left, node.right)
        if node.operator == "==" and any(isinstance(each, Literal) for each in pair):
            return []
        bare = [each for each in pair if self._is_bare(each)]
        found = [part for each in bare if isinstance(each, Reference) for part in self._defined(each)]
        return list(dict.fromkeys(found))

    def _defined(self, node: Reference) -> list[str]:
        """What is true when a reference has a value; each binds as tightly as a comparison."""
        name = str(node.path[0])
        if node.root == "variable":
            is_settled = name in self.around.settled and len(node.path) == 1
            return [] if is_settled else [f"{self.variable(self._variable(node))} != null"]
        text, found = f"vars.{self.around.inputs[name]}", []
        for key in node.path[1:]:
            before, text = text, member(text, key)
            if isinstance(key, int):
                found.append(f"size({before}) > {key}")
            else:
                found.append(f"has({text})" if text.endswith(f".{key}") else f"{quoted(key)} in {before}")
        return found or [f"size({text}) > 0"]

    def _unary(self, node: Unary) -> Translation:
        operand = self.value(node.operand)
        if node.operator == "~":
            return Translation(Cel(f"math.bitNot({operand.text})"), "integer")
        text = node.operator + operand.cel.within(Level.MEMBER)
        kind = "truth" if node.operator == "!" else operand.kind
        is_safe = operand.is_safe and (
            operand.kind == "truth" if node.operator == "!" else operand.kind in _NUMBERS
        )
        return Translation(Cel(text, Level.UNARY), kind, is_safe)

    def _binary(self, node: Binary) -> Translation:
        if node.operator == "&&":
            parts = [self.value(part).cel.within(Level.AND) for part in reads.operands(node)]
            return Translation(Cel(" && ".join(parts), Level.AND), "truth")
        if node.operator == "||":
            parts = [self.lenient(part) for part in reads.operands(node)]
            return Translation(Cel(" || ".join(parts), Level.OR), "truth")
        first, links = reads.chain(node)
        found = self.value(first)
        before = first
        for link in links:
            found = self._link(before, found, link)
            before = link
        return found

    def _link(self, left: Node, found: Translation, link: Binary) -> Translation:
        """One operator of a chain, applied to what stands before it."""
        right = self.value(link.right)
        operator = link.operator
        if operator in _BITS:
            return Translation(Cel(f"math.{_BITS[operator]}({found.text}, {right.text})"), "integer")
        if operator in ("==", "!="):
            self._remark_itself(left, link)
            text = self._compared(left, found).within(Level.SUM)
            text += f" {operator} {self._compared(link.right, right).within(Level.SUM)}"
            return Translation(Cel(text, Level.RELATION), "truth")
        if operator in ("<", "<=", ">", ">="):
            text = f"{found.cel.within(Level.SUM)} {operator} {right.cel.within(Level.SUM)}"
            return Translation(Cel(text, Level.RELATION), "truth")
        if operator == "/" and "decimal" not in (found.kind, right.kind):
            if not found.kind == right.kind == "integer":
                self.remarks.append((link.offset, _ROUNDING))
            return _divided(found, right)
        return _arithmetic(operator, found, right)

    def _remark_itself(self, left: Node, link: Binary) -> None:
        right = link.right
        if isinstance(left, Reference) and isinstance(right, Reference) and left.path == right.path:
            truth = "true as soon as there is one" if link.operator == "==" else "never true"
            self.remarks.append((link.offset, f"a value is compared with itself: that is {truth}"))

    def _equality(self, left: Node, right: Node, operator: str) -> str:
        first, second = self.value(left).cel, self.value(right).cel
        return f"{first.within(Level.SUM)} {operator} {second.within(Level.SUM)}"

    def _compared(self, node: Node, found: Translation) -> Cel:
        """An operand of a comparison that fails when it is a variable without a value."""
        if not self._is_bare(node):
            return found.cel
        return Cel(f"{found.text} != null ? {found.text} : {{}}.undefined", Level.CHOICE)

    def _template(self, node: Template) -> Translation:
        parts = [self.value(part) for part in node.parts]
        texts = [
            part.cel.within(Level.SUM) if part.kind == "string" else f"string({part.text})" for part in parts
        ]
        level = Level.SUM if len(texts) > 1 else Level.MEMBER
        return Translation(Cel(" + ".join(texts), level), "string", all(part.is_safe for part in parts))

    def _call(self, node: Call) -> Translation:
        count = _ARGUMENTS.get(node.function)
        if count is None:
            raise Unreadable(node.offset, f"there is no function {node.function[:64]!r}")
        if count != len(node.arguments):
            raise Unreadable(node.offset, f"{node.function} takes {count} values, not {len(node.arguments)}")
        if node.function in _BIT_CALLS:
            values = ", ".join(self.value(argument).text for argument in node.arguments)
            return Translation(Cel(f"math.{_BIT_CALLS[node.function]}({values})"), "integer")
        if node.function in _TEXT_CALLS:
            target, part = (self.value(argument) for argument in node.arguments)
            return Translation(
                Cel(f"{target.cel.within(Level.MEMBER)}.{node.function}({part.text})"), "truth"
            )
        if node.function == "convert":
            return self._convert(node)
        if node.function in ("isNull", "isUndefined"):
            return self._existence(node, node.arguments[0])
        return self._asked(node)

    def _existence(self, node: Call, argument: Node) -> Translation:
        if node.function == "isNull":
            if isinstance(argument, Reference) and argument.root == "variable":
                self.remarks.append((node.offset, "a variable is never null: isNull is false"))
                self._variable(argument)
                return Translation(Cel("false"), "truth", is_safe=True)
            text = f"{self.value(argument).cel.within(Level.SUM)} == null"
            return Translation(Cel(text, Level.RELATION), "truth")
        self.value(argument)
        parts = [part for reference in reads.needed(argument) for part in self._defined(reference)]
        if not parts:
            return Translation(Cel("false"), "truth", is_safe=True)
        if len(parts) == 1 and parts[0].endswith(" != null"):
            return Translation(Cel(parts[0].replace(" != null", " == null"), Level.RELATION), "truth")
        whole = conjunction(parts).text
        text = f"!{whole}" if len(parts) == 1 and whole.startswith("has(") else f"!({whole})"
        return Translation(Cel(text, Level.UNARY), "truth")

    def _convert(self, node: Call) -> Translation:
        value = self.value(node.arguments[1])
        word = reads.literal_text(node.arguments[0])
        if word is None:
            wanted = self.value(node.arguments[0]).text
            text = "wanted == 'String' ? dyn(string(given)) : "
            text += "wanted == 'Boolean' ? dyn(bool(given)) : dyn(double(given))"
            return Translation(Cel(f"cel.bind(wanted, {wanted}, cel.bind(given, {value.text}, {text}))"))
        if word not in _CONVERTERS:
            raise Unreadable(node.offset, f"{word[:64]!r} is none of String, Boolean, Decimal")
        function, kind = _CONVERTERS[word]
        return Translation(Cel(f"{function}({value.text})"), kind)

    def _asked(self, node: Call) -> Translation:
        """``timeout``, ``triggerType`` and ``currentInput``: what set the detector off."""
        text = reads.literal_text(node.arguments[0])
        if text is None:
            raise Unreadable(node.offset, f"{node.function} needs a name in quotation marks here")
        if node.function == "timeout":
            flag = self.around.timers.get(text)
            if flag is None:
                raise Unreadable(node.offset, f"the timer {text[:64]!r} is never set")
            return Translation(Cel(self.variable(flag)), "truth", is_safe=True)
        if node.function == "currentInput":
            return Translation(Cel(f"{INPUT} == {quoted(text)}", Level.RELATION), "truth", is_safe=True)
        word = text.capitalize()
        if word not in ("Message", "Timer"):
            raise Unreadable(node.offset, f"{text[:64]!r} is neither Message nor Timer")
        return Translation(Cel(f"{TRIGGER} == {quoted(word)}", Level.RELATION), "truth", is_safe=True)


def _arithmetic(operator: str, left: Translation, right: Translation) -> Translation:
    kinds = (left.kind, right.kind)
    level = Level.PRODUCT if operator in "*/" else Level.SUM
    inner = Level.UNARY if operator in "*/" else Level.PRODUCT
    text = f"{left.cel.within(level)} {operator} {right.cel.within(inner)}"
    kind = kinds[0] if kinds[0] == kinds[1] else "decimal" if "decimal" in kinds else ""
    if kinds == ("string", "string") and operator == "+":
        return Translation(Cel(text, level), "string", left.is_safe and right.is_safe)
    if not _NUMBERS.issuperset(kinds):
        return Translation(Cel(text, level), "decimal" if kind == "decimal" else "")
    is_safe = left.is_safe and right.is_safe and operator in "+-*"
    return Translation(Cel(text, level), kind or "number", is_safe)


def _divided(left: Translation, right: Translation) -> Translation:
    """A division that rounds between integers, which is seen only when it is made."""
    if left.kind == right.kind == "integer":
        return Translation(Cel(_rounded(left.text, right.text)), "integer")
    text = f"type(dividend) == int && type(divisor) == int ? dyn({_rounded('dividend', 'divisor')})"
    text += " : dyn(dividend) / divisor"
    return Translation(
        Cel(f"cel.bind(dividend, {left.text}, cel.bind(divisor, {right.text}, {text}))"), "number"
    )


def _rounded(dividend: str, divisor: str) -> str:
    return f"int(math.round(double({dividend}) / double({divisor})))"
