"""Find an expression's faults before it runs: undeclared names, operators and functions on the wrong types."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from actum_core.expression.application import apply_signatures
from actum_core.expression.checked import Checked
from actum_core.expression.errors import ExpressionProblem, problem_at
from actum_core.expression.overloads import Dispatcher, Signature
from actum_core.expression.pattern_check import PatternChecker
from actum_core.expression.scope import NAMED_TYPES, Scope, find_namespaced, find_reference
from actum_core.expression.signatures import SIGNATURES, SIMPLE_RESULTS
from actum_core.expression.syntax import (
    Bind,
    Call,
    Chain,
    Comprehended,
    Comprehension,
    Conditional,
    Has,
    Index,
    ListOf,
    Literal,
    Logical,
    MapOf,
    Message,
    Name,
    Node,
    OptionalMap,
    Select,
)
from actum_core.expression.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DYN,
    ERROR,
    INT,
    NULL,
    NUMERIC,
    STRING,
    UINT,
    Kind,
    Substitution,
    Type,
    list_of,
    map_of,
    optional_of,
    type_of,
)
from actum_core.expression.values import Uint

_LITERALS: Final[Mapping[type, Type]] = {
    bool: BOOL,
    int: INT,
    Uint: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    type(None): NULL,
}

#: Faults reported for one expression; the rest usually follow from the first.
PROBLEMS_MAX: Final = 20


def check_expression(root: Node, source: str, scope: Scope) -> Checked:
    """Types and faults of a parsed expression; never raises."""
    checker = _Checker(source, scope)
    checker.check(root, {})
    problems = sorted(checker.problems, key=lambda problem: problem.offset)
    return Checked(checker.types, checker.substitution, tuple(problems), checker.patterns.instructions)


Local = Mapping[str, Type]


class _Checker:
    __slots__ = ("patterns", "problems", "scope", "source", "substitution", "types")

    def __init__(self, source: str, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self.substitution = Substitution()
        self.types: dict[Node, Type] = {}
        self.patterns = PatternChecker()
        self.problems: list[ExpressionProblem] = []

    def check(self, node: Node, local: Local) -> Type:
        """The node's type; after a fault it is ERROR, which fits everywhere so that one fault is told once."""
        found = _RULES[type(node)](self, node, local)
        self.types[node] = found
        return self.substitution.resolve(found) if found.kind is Kind.VARIABLE else found

    def _literal(self, node: Literal, local: Local) -> Type:
        return _LITERALS[type(node.value)]

    def _logical(self, node: Logical, local: Local) -> Type:
        for term in node.terms:
            self._require_bool(term, local, node.operator)
        return BOOL

    def _bind(self, node: Bind, local: Local) -> Type:
        return self.check(node.body, {**local, node.name: self.check(node.value, local)})

    def _message(self, node: Message, local: Local) -> Type:
        for part in node.values:
            self.check(part, local)
        return self._fault(node, "no_messages", f"message {node.name!r} is not part of the language")

    def _fault(self, node: Node, code: str, detail: str) -> Type:
        self._fault_at(node.offset, code, detail)
        return ERROR

    def _fault_at(self, offset: int, code: str, detail: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem_at(self.source, offset, code, detail))

    def _shown(self, t: Type) -> str:
        return str(self.substitution.settle(t))

    def _require_bool(self, node: Node, local: Local, place: str) -> None:
        found = self.check(node, local)
        if found.kind is not Kind.BOOL and not self.substitution.accepts(BOOL, found):
            self._fault(node, "type_mismatch", f"{place} needs a bool here, not {self._shown(found)}")

    def _reference(self, node: Name | Select, local: Local) -> Type:
        if isinstance(node, Name) and not node.is_absolute and node.name in local:
            return local[node.name]
        name = find_reference(node, self.scope, local)
        if name is not None:
            if name in self.scope.variables:
                return self.scope.variables[name]
            return type_of(NAMED_TYPES[name])
        if isinstance(node, Name):
            return self._fault(node, "undeclared_name", f"{node.name!r} is not declared")
        return self._select(node, local)

    def _select(self, node: Select, local: Local) -> Type:
        operand = self.check(node.operand, local)
        is_optional = node.is_optional or operand.kind is Kind.OPTIONAL
        found = self._field(node, self._present(operand), node.field)
        return optional_of(found) if is_optional else found

    def _present(self, operand: Type) -> Type:
        """The type itself, or what an optional holds."""
        return self.substitution.resolve(operand.parameters[0]) if operand.kind is Kind.OPTIONAL else operand

    def _field(self, node: Node, operand: Type, field: str) -> Type:
        if operand.kind is Kind.MAP:
            if not self.substitution.accepts(STRING, operand.parameters[0]):
                return self._fault(node, "no_such_field", f"{self._shown(operand)} has no string keys")
            return operand.parameters[1]
        if operand.kind is Kind.OBJECT:
            if field in operand.fields:
                return operand.fields[field]
            if operand.is_open:
                return DYN
            return self._fault(node, "no_such_field", f"{operand} has no field {field!r}")
        if operand.kind in (Kind.DYN, Kind.ERROR, Kind.VARIABLE):
            return DYN
        return self._fault(node, "no_such_field", f"{self._shown(operand)} has no fields")

    def _has(self, node: Has, local: Local) -> Type:
        self._field(node, self._present(self.check(node.operand, local)), node.field)
        return BOOL

    def _index(self, node: Index, local: Local) -> Type:
        operand = self.check(node.operand, local)
        key = self.check(node.key, local)
        is_optional = node.is_optional or operand.kind is Kind.OPTIONAL
        found = self._element(node, self._present(operand), key)
        return optional_of(found) if is_optional else found

    def _element(self, node: Index, operand: Type, key: Type) -> Type:
        if operand.kind is Kind.OBJECT and isinstance(node.key, Literal) and isinstance(node.key.value, str):
            return self._field(node, operand, node.key.value)
        accepts = self.substitution.accepts
        if operand.kind is Kind.LIST:
            if not accepts(INT, key) and key.kind not in NUMERIC:
                return self._fault(node, "type_mismatch", f"a list has no index of type {self._shown(key)}")
            return operand.parameters[0]
        if operand.kind in (Kind.MAP, Kind.OBJECT):
            expected = operand.parameters[0] if operand.kind is Kind.MAP else STRING
            is_number = key.kind in NUMERIC and self.substitution.resolve(expected).kind in NUMERIC
            if not is_number and not accepts(expected, key):
                return self._fault(
                    node, "type_mismatch", f"{self._shown(operand)} has no {self._shown(key)} keys"
                )
            return operand.parameters[1] if operand.kind is Kind.MAP else DYN
        if operand.kind in (Kind.DYN, Kind.ERROR, Kind.VARIABLE):
            return DYN
        return self._fault(node, "type_mismatch", f"{self._shown(operand)} cannot be indexed")

    def _call(self, node: Call, local: Local) -> Type:
        function = node.function
        arguments = [self.check(argument, local) for argument in node.arguments]
        if node.target is None:
            if function in SIGNATURES:
                return self._apply(node.offset, function.rstrip("_"), SIGNATURES[function], arguments)
            found = self.scope.find_function(function, len(arguments))
            return self._apply_form(node, function, found, arguments)
        namespaced = find_namespaced(node, self.scope, local)
        if namespaced is not None:
            found = self.scope.find_function(namespaced, len(arguments))
            return self._apply_form(node, namespaced, found, arguments)
        arguments.insert(0, self.check(node.target, local))
        found = self.scope.find_member(function, len(arguments))
        return self._apply_form(node, function, found, arguments)

    def _apply_form(self, node: Call, name: str, found: Dispatcher | None, arguments: list[Type]) -> Type:
        if found is None:
            if ERROR in arguments:
                return ERROR
            form = "member function" if node.target is not None and "." not in name else "function"
            detail = f"there is no {form} {name!r} with {len(node.arguments)} arguments"
            return self._fault(node, "no_such_function", detail)
        fault = self.patterns.find_fault(name, node)
        if fault is not None:
            self._fault(*fault)
        return self._apply(node.offset, name, found.signatures, arguments)

    def _apply(
        self, offset: int, name: str, signatures: Sequence[Signature], arguments: Sequence[Type]
    ) -> Type:
        """The result of the signatures that fit; a fault when none does."""
        if ERROR in arguments:
            return ERROR
        result = apply_signatures(self.substitution, signatures, arguments)
        if result is not None:
            return result
        shown = ", ".join(map(self._shown, arguments))
        self._fault_at(offset, "no_such_overload", f"{name} cannot be applied to ({shown})")
        return ERROR

    def _chain(self, node: Chain, local: Local) -> Type:
        left = self.check(node.first, local)
        for link in node.links:
            right = self.check(link.operand, local)
            if self._mixes_numbers(link.operator, left, right):
                left = BOOL
                continue
            found = SIMPLE_RESULTS.get((link.operator, left.kind, right.kind))
            if found is None and Kind.DYN in (left.kind, right.kind) and link.operator in ("==", "!="):
                found = BOOL
            if found is None:
                found = self._apply(link.offset, link.operator, SIGNATURES[link.operator], (left, right))
            left = self.substitution.resolve(found)
        return left

    def _mixes_numbers(self, operator: str, left: Type, right: Type) -> bool:
        """Whether two numbers are compared, or a number is looked for among numbers: all kinds mix."""
        if operator == "in" and right.kind in (Kind.LIST, Kind.MAP):
            right = self.substitution.resolve(right.parameters[0])
        elif operator not in ("==", "!="):
            return False
        return left.kind in NUMERIC and right.kind in NUMERIC

    def _conditional(self, node: Conditional, local: Local) -> Type:
        branches = [*(branch for _, branch in node.cases), node.otherwise]
        result: Type | None = None
        for case, _ in node.cases:
            self._require_bool(case, local, "?:")
        for branch in branches:
            found = self.check(branch, local)
            joined = found if result is None else self._join_numbers(result, found)
            if joined is None:
                assert result is not None
                shown = f"{self._shown(result)} and {self._shown(found)}"
                return self._fault(branch, "type_mismatch", f"the two results of ?: differ in type: {shown}")
            result = joined
        assert result is not None
        return result

    def _join_numbers(self, first: Type, second: Type) -> Type | None:
        is_mixed = {first.kind, second.kind} == {Kind.INT, Kind.DOUBLE}
        return DOUBLE if is_mixed else self.substitution.join(first, second)

    def _list(self, node: ListOf, local: Local) -> Type:
        element: Type | None = None
        for part in node.elements:
            found = self.check(part.value, local)
            found = self._unwrapped(part.value, found) if part.is_optional else found
            element = found if element is None else self.substitution.join(element, found) or DYN
        return list_of(element or self.substitution.fresh())

    def _unwrapped(self, node: Node, found: Type) -> Type:
        """What an optional element or entry holds."""
        inner = self.substitution.fresh()
        if not self.substitution.accepts(optional_of(inner), found):
            self._fault(node, "type_mismatch", f"an optional is needed here, not {self._shown(found)}")
            return ERROR
        return self.substitution.resolve(inner) if found.kind is Kind.OPTIONAL else DYN

    def _map(self, node: MapOf, local: Local) -> Type:
        key: Type | None = None
        value: Type | None = None
        for entry in node.entries:
            found_key = self.check(entry.key, local)
            found_key = DYN if found_key.parameters else found_key  # fails at run time; keeps types small
            found = self.check(entry.value, local)
            found = self._unwrapped(entry.value, found) if entry.is_optional else found
            key = found_key if key is None else self.substitution.join(key, found_key) or DYN
            value = found if value is None else self.substitution.join(value, found) or DYN
        fresh = self.substitution.fresh
        return map_of(key or fresh(), value or fresh())

    def _comprehension(self, node: Comprehension, local: Local) -> Type:
        first, second = self._range(node, self.check(node.target, local))
        inner = {**local, **dict(zip(node.variables, (first, second), strict=False))}
        if node.condition is not None:
            self._require_bool(node.condition, inner, node.kind.value)
        result = None if node.result is None else self.check(node.result, inner)
        match node.kind:
            case Comprehended.ALL | Comprehended.EXISTS | Comprehended.EXISTS_ONE:
                return BOOL
            case Comprehended.FILTER:
                return list_of(first)
            case Comprehended.TRANSFORM_MAP:
                return map_of(first, result or DYN)
            case Comprehended.TRANSFORM_MAP_ENTRY:
                return self._entries_of(node, result or DYN)
            case _:
                return list_of(result or DYN)

    def _entries_of(self, node: Comprehension, result: Type) -> Type:
        if result.kind in (Kind.MAP, Kind.DYN, Kind.ERROR, Kind.VARIABLE):
            return result if result.kind is Kind.MAP else map_of(DYN, DYN)
        assert node.result is not None
        return self._fault(node.result, "type_mismatch", "transformMapEntry needs a map with one entry here")

    def _range(self, node: Comprehension, target: Type) -> tuple[Type, Type]:
        """The types of the variables: element, or index or key and value."""
        is_pair = len(node.variables) == 2
        if target.kind is Kind.LIST:
            return (INT, target.parameters[0]) if is_pair else (target.parameters[0], ERROR)
        if target.kind is Kind.MAP:
            return target.parameters[0], target.parameters[1]
        if target.kind is Kind.OBJECT:
            return STRING, DYN
        if target.kind not in (Kind.DYN, Kind.ERROR, Kind.VARIABLE):
            self._fault(
                node, "type_mismatch", f"{node.kind.value} needs a list or map, not {self._shown(target)}"
            )
        return DYN, DYN

    def _optional_map(self, node: OptionalMap, local: Local) -> Type:
        target = self.check(node.target, local)
        inner = self._unwrapped(node.target, target)
        result = self.check(node.body, {**local, node.name: inner})
        if not node.is_flat:
            return optional_of(result)
        self._unwrapped(node.body, result)
        return result if result.kind is Kind.OPTIONAL else optional_of(DYN)


#: How each kind of node is checked.
_RULES: Final[Mapping[type[Node], Callable[[_Checker, Any, Local], Type]]] = {
    Literal: _Checker._literal,
    Name: _Checker._reference,
    Select: _Checker._reference,
    Has: _Checker._has,
    Index: _Checker._index,
    Call: _Checker._call,
    Chain: _Checker._chain,
    Logical: _Checker._logical,
    Conditional: _Checker._conditional,
    ListOf: _Checker._list,
    MapOf: _Checker._map,
    Comprehension: _Checker._comprehension,
    Bind: _Checker._bind,
    OptionalMap: _Checker._optional_map,
    Message: _Checker._message,
}
