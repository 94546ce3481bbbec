"""Compile a syntax tree to closures over plain dicts and lists.

Nothing here looks at a payload before it is evaluated, and nothing copies one. Where the tree's shape allows it a
closure does the work of several nodes; the cost is the same as node by node.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from actum_core.expression.access import (
    Failed,
    has_field,
    index,
    index_optional,
    select,
    select_optional,
)
from actum_core.expression.arithmetic import negate
from actum_core.expression.branches import all_of, any_of, choose, not_bool
from actum_core.expression.calls import call_form, call_or
from actum_core.expression.chains import apply_chain
from actum_core.expression.checked import Checked
from actum_core.expression.code import (
    FAILURE_COST,
    Code,
    Path,
    add_most,
    at_offset,
    constant_code,
    multiply_most,
    pay,
)
from actum_core.expression.compose import above, as_declared, failing_code, fold, largest, path_code
from actum_core.expression.construct import make_list, make_map, unwrap
from actum_core.expression.errors import EvaluationError
from actum_core.expression.loops import MAP_RANGE_COST, Loop, body_lump, quick_exists, run_loop
from actum_core.expression.overloads import Dispatcher
from actum_core.expression.regex_functions import PATTERN_ARGUMENTS, compile_pattern
from actum_core.expression.regex_syntax import RegexError
from actum_core.expression.scope import TYPE_VALUES, Scope, find_namespaced, find_reference
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
from actum_core.expression.types import Kind, Type
from actum_core.expression.values import ABSENT, OptionalValue

#: What building costs before its parts, after cel-go: lists and maps are the allocations that expressions make.
LIST_COST: Final = 10
MAP_COST: Final = 30
ENTRY_COST: Final = 2

#: Units for what makes an optional value.
OPTIONAL_COST: Final = 3


@dataclass(frozen=True, slots=True)
class Compiled:
    """A whole expression: its code and how many places its state needs beside the meter."""

    code: Code
    places: int


def compile_tree(root: Node, scope: Scope, checked: Checked | None) -> Compiled:
    """Compile a parsed tree; ``checked`` is what checking found, None when it was not checked."""
    compiler = _Compiler(scope, checked)
    code = compiler.compile(root, {})
    return Compiled(code, compiler.places)


#: Where the variables of the macros around a node live in the state.
Places = Mapping[str, int]


class _Compiler:
    __slots__ = ("_checked", "_scope", "places")

    def __init__(self, scope: Scope, checked: Checked | None) -> None:
        self._scope = scope
        self._checked = checked
        self.places = 0

    def compile(self, node: Node, local: Places) -> Code:
        return _RULES[type(node)](self, node, local)

    def _type_of(self, node: Node) -> Type | None:
        return None if self._checked is None else self._checked.type_of(node)

    def _literal(self, node: Literal, local: Places) -> Code:
        return constant_code(node.value)

    def _message(self, node: Message, local: Places) -> Code:
        detail = f"message {node.name!r} is not part of the language"
        return failing_code("no_messages", detail, node.offset)

    def _place(self, local: Places, *names: str) -> tuple[Places, tuple[int, ...]]:
        """The places with new ones for these variables."""
        numbers = tuple(range(self.places + 1, self.places + 1 + len(names)))
        self.places += len(names)
        return {**local, **dict(zip(names, numbers, strict=True))}, numbers

    # --- reading ---

    def _reference(self, node: Name | Select, local: Places) -> Code:
        """A name, or a chain of selections: as much of it as possible becomes one path."""
        fields: list[str] = []
        base: Node = node
        while isinstance(base, Name | Select):
            if isinstance(base, Name) and not base.is_absolute and base.name in local:
                return path_code(Path(local[base.name], tuple(reversed(fields))), node.offset)
            name = find_reference(base, self._scope, local)
            if name is not None and name in self._scope.variables:
                return path_code(Path(name, tuple(reversed(fields))), node.offset)
            if name is not None:
                return self._fields(constant_code(TYPE_VALUES[name]), fields, node.offset)
            if isinstance(base, Name):
                return failing_code("undeclared_variable", f"{base.name!r} is not declared", base.offset)
            if base.is_optional:
                return self._fields(self._optional_select(base, local), fields, node.offset)
            fields.append(base.field)
            base = base.operand
        return self._fields(self.compile(base, local), fields, node.offset)

    def _fields(self, operand: Code, fields: list[str], offset: int) -> Code:
        if not fields:
            return operand
        run, names = operand.run, tuple(reversed(fields))

        def run_fields(activation: Mapping[str, Any], state: list[Any]) -> Any:
            value = run(activation, state)
            for name in names:
                value = select(value, name, offset)
            return value

        return above(run_fields, len(names), operand)

    def _optional_select(self, node: Select, local: Places) -> Code:
        operand = self.compile(node.operand, local)
        run, field, offset = operand.run, node.field, node.offset
        return above(
            lambda activation, state: select_optional(run(activation, state), field, offset),
            OPTIONAL_COST,
            operand,
        )

    def _has(self, node: Has, local: Places) -> Code:
        operand = self.compile(node.operand, local)
        run, field, offset = operand.run, node.field, node.offset
        return above(lambda activation, state: has_field(run(activation, state), field, offset), 1, operand)

    def _index(self, node: Index, local: Places) -> Code:
        operand, key = self.compile(node.operand, local), self.compile(node.key, local)
        read = index_optional if node.is_optional else index
        run, run_key, offset = operand.run, key.run, node.offset

        def run_index(activation: Mapping[str, Any], state: list[Any]) -> Any:
            value = run(activation, state)
            return read(value, run_key(activation, state), offset)

        return above(run_index, OPTIONAL_COST if node.is_optional else 1, operand, key)

    # --- operators and functions ---

    def _call(self, node: Call, local: Places) -> Code:
        if node.target is None and node.function in ("!_", "-_"):
            return self._unary(node, local)
        arguments = [self._argument(argument, local) for argument in node.arguments]
        dispatcher: Dispatcher | None
        if node.target is None:
            dispatcher = self._scope.find_function(node.function, len(arguments))
        elif (name := find_namespaced(node, self._scope, local)) is not None:
            dispatcher = self._scope.find_function(name, len(arguments))
        else:
            arguments.insert(0, self._argument(node.target, local))
            dispatcher = self._scope.find_member(node.function, len(arguments))
        if dispatcher is None:
            detail = f"there is no function {node.function!r} with {len(node.arguments)} arguments"
            return failing_code("no_such_overload", detail, node.offset)
        self._compile_pattern(dispatcher.name, arguments)
        if node.function in ("or", "orValue") and len(arguments) == 2:
            return call_or(dispatcher, arguments[0], arguments[1], node.offset)
        called = call_form(dispatcher, arguments, node.offset)
        return called if dispatcher.needs_step else fold(called, arguments)

    def _argument(self, node: Node, local: Places) -> Code:
        return as_declared(self.compile(node, local), self._type_of(node))

    def _compile_pattern(self, function: str, arguments: list[Code]) -> None:
        """Put the program of a constant pattern in its place; a wrong one fails when it is evaluated."""
        place = PATTERN_ARGUMENTS.get(function, len(arguments))
        if place < len(arguments) and isinstance(pattern := arguments[place].constant, str):
            with suppress(RegexError):
                arguments[place] = constant_code(compile_pattern(pattern))

    def _unary(self, node: Call, local: Places) -> Code:
        operand = self.compile(node.arguments[0], local)
        run, offset = operand.run, node.offset

        def run_not(activation: Mapping[str, Any], state: list[Any]) -> bool:
            value = run(activation, state)
            if value is True or value is False:
                return not value
            raise not_bool("!", value, offset)

        def run_negate(activation: Mapping[str, Any], state: list[Any]) -> object:
            value = run(activation, state)
            try:
                return negate(value)
            except EvaluationError as error:
                raise at_offset(error, offset) from None

        is_not = node.function == "!_"
        return fold(above(run_not if is_not else run_negate, 1 if is_not else 2, operand), [operand])

    def _chain(self, node: Chain, local: Places) -> Code:
        parts = (node.first, *[link.operand for link in node.links])
        operands = [self.compile(part, local) for part in parts]
        types = [self._type_of(part) for part in parts]
        return fold(apply_chain(node.links, operands, types), operands)

    def _logical(self, node: Logical, local: Places) -> Code:
        terms = [self.compile(term, local) for term in node.terms]
        run = all_of(terms, node.offset) if node.operator == "&&" else any_of(terms, node.offset)
        first, *rest = terms
        failing = FAILURE_COST * sum(not term.is_constant for term in terms)
        return Code(
            run,
            lump=first.lump,
            extra_least=first.extra_least,
            extra_most=add_most(failing, first.extra_most, *(term.most for term in rest)),
        )

    def _conditional(self, node: Conditional, local: Places) -> Code:
        cases = [(self.compile(case, local), self.compile(result, local)) for case, result in node.cases]
        otherwise = self.compile(node.otherwise, local)
        first = cases[0][0]
        results = [*(result for _, result in cases), otherwise]
        mosts = [result.most for result in results]
        highest = None if None in mosts else max(most for most in mosts if most is not None)
        return Code(
            choose(cases, otherwise, node.offset),
            lump=first.lump,
            extra_least=first.extra_least + min(result.least for result in results),
            extra_most=add_most(first.extra_most, highest, *(case.most for case, _ in cases[1:])),
            size_most=largest(result.size_most for result in results),
        )

    # --- lists, maps, macros ---

    def _list(self, node: ListOf, local: Places) -> Code:
        parts = [self.compile(element.value, local) for element in node.elements]
        optional = frozenset(place for place, element in enumerate(node.elements) if element.is_optional)
        run = make_list([part.run for part in parts], optional, node.offset)
        made = above(run, LIST_COST + len(parts), *parts)
        return fold(replace(made, size_most=len(parts)), parts)

    def _map(self, node: MapOf, local: Places) -> Code:
        entries = [
            (self.compile(entry.key, local), self.compile(entry.value, local)) for entry in node.entries
        ]
        optional = frozenset(place for place, entry in enumerate(node.entries) if entry.is_optional)
        run = make_map([(key.run, value.run) for key, value in entries], optional, node.offset)
        parts = [part for entry in entries for part in entry]
        return replace(above(run, MAP_COST + ENTRY_COST * len(parts), *parts), size_most=len(entries))

    def _comprehension(self, node: Comprehension, local: Places) -> Code:
        target = self.compile(node.target, local)
        inner, places = self._place(local, *node.variables)
        condition = None if node.condition is None else self.compile(node.condition, inner)
        result = None if node.result is None else self.compile(node.result, inner)
        loop = Loop(
            kind=node.kind,
            target=target.run,
            places=places,
            condition=None if condition is None else condition.run,
            result=None if result is None else result.run,
            lump=body_lump(node.kind, condition, result),
            offset=node.offset,
        )
        wanted = _wanted(node)
        run = run_loop(loop) if wanted is None or target.path is None else quick_exists(loop, wanted)
        bodies = [part for part in (condition, result) if part is not None]
        is_building = node.kind not in (Comprehended.ALL, Comprehended.EXISTS, Comprehended.EXISTS_ONE)
        building = LIST_COST if is_building else 1
        failing = FAILURE_COST if node.kind in (Comprehended.ALL, Comprehended.EXISTS) else 0
        target_type = self._type_of(node.target)
        ranging = 0 if target_type is not None and target_type.kind is Kind.LIST else MAP_RANGE_COST
        each = add_most(loop.lump, failing, ranging, *(body.extra_most for body in bodies))
        return Code(
            run,
            lump=target.lump + building,
            extra_least=target.extra_least,
            extra_most=add_most(target.extra_most, multiply_most(target.size_most, each)),
            # One element may give several entries.
            size_most=None if node.kind is Comprehended.TRANSFORM_MAP_ENTRY else target.size_most,
        )

    def _bind(self, node: Bind, local: Places) -> Code:
        value = self.compile(node.value, local)
        inner, (place,) = self._place(local, node.name)
        body = self.compile(node.body, inner)
        run_value, run_body = value.run, body.run

        def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
            try:
                state[place] = run_value(activation, state)
            except EvaluationError as error:
                # Only a body that reads the variable fails.
                state[place] = Failed(error)
                pay(state, FAILURE_COST)
            return run_body(activation, state)

        made = above(run, 1, value, body)
        failing = 0 if value.is_constant else FAILURE_COST
        return replace(made, extra_most=add_most(made.extra_most, failing), size_most=body.size_most)

    def _optional_map(self, node: OptionalMap, local: Places) -> Code:
        target = self.compile(node.target, local)
        inner, (place,) = self._place(local, node.name)
        body = self.compile(node.body, inner)
        run_target, run_body, lump, offset = target.run, body.run, body.lump, node.offset
        is_flat = node.is_flat

        def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
            value = unwrap(run_target(activation, state), offset)
            if value is ABSENT:
                return ABSENT
            pay(state, lump)
            state[place] = value.value
            result = run_body(activation, state)
            return unwrap(result, offset) if is_flat else OptionalValue(result)

        made = above(run, OPTIONAL_COST, target)
        return replace(made, extra_most=add_most(made.extra_most, body.most))


def _wanted(node: Comprehension) -> str | None:
    """The constant of ``exists(x, x == 'constant')``."""
    if (
        node.kind is not Comprehended.EXISTS
        or len(node.variables) != 1
        or not isinstance(node.condition, Chain)
    ):
        return None
    first, links = node.condition.first, node.condition.links
    if len(links) != 1 or links[0].operator != "==" or not isinstance(first, Name) or first.is_absolute:
        return None
    other = links[0].operand
    if first.name == node.variables[0] and isinstance(other, Literal) and isinstance(other.value, str):
        return other.value
    return None


#: How each kind of node is compiled.
_RULES: Final[Mapping[type[Node], Callable[[_Compiler, Any, Places], Code]]] = {
    Literal: _Compiler._literal,
    Name: _Compiler._reference,
    Select: _Compiler._reference,
    Has: _Compiler._has,
    Index: _Compiler._index,
    Call: _Compiler._call,
    Chain: _Compiler._chain,
    Logical: _Compiler._logical,
    Conditional: _Compiler._conditional,
    ListOf: _Compiler._list,
    MapOf: _Compiler._map,
    Comprehension: _Compiler._comprehension,
    Bind: _Compiler._bind,
    OptionalMap: _Compiler._optional_map,
    Message: _Compiler._message,
}
