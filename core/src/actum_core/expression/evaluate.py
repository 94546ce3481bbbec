"""Compile a syntax tree to closures over plain dicts and lists.

Nothing here looks at a payload before it is evaluated, and nothing copies one. Where the tree's shape allows it a
closure does the work of several nodes; the cost is the same as node by node.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from actum_core.expression.access import (
    has_field,
    index,
    index_optional,
    read_path,
    select,
    select_optional,
)
from actum_core.expression.branches import all_of, any_of, choose, not_bool
from actum_core.expression.calls import call_form, call_or
from actum_core.expression.chains import apply_chain
from actum_core.expression.check import find_namespaced
from actum_core.expression.code import (
    Code,
    Path,
    Run,
    add_most,
    at_offset,
    constant_code,
    multiply_most,
    pay,
)
from actum_core.expression.construct import make_list, make_map, unwrap
from actum_core.expression.errors import CostExceeded, EvaluationError
from actum_core.expression.loops import Loop, body_lump, quick_exists, run_loop
from actum_core.expression.meter import Meter
from actum_core.expression.operators import negate
from actum_core.expression.overloads import Dispatcher
from actum_core.expression.scope import TYPE_VALUES, Scope, find_reference
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
from actum_core.expression.types import Type
from actum_core.expression.values import ABSENT, OptionalValue

#: What building costs before its parts, after cel-go: lists and maps are the allocations that expressions make.
LIST_COST: Final = 10
MAP_COST: Final = 30

#: Units that folding one constant part may spend, and the length its value may have, at compile time.
FOLD_BUDGET: Final = 1_000
FOLD_SIZE_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class Compiled:
    """A whole expression: its code and how many places its state needs beside the meter."""

    code: Code
    places: int


def compile_tree(root: Node, scope: Scope, types: Mapping[Node, Type]) -> Compiled:
    """Compile a parsed tree; ``types`` are the checker's, empty when it was not checked."""
    compiler = _Compiler(scope, types)
    code = compiler.compile(root, {})
    return Compiled(code, compiler.places)


#: Where the variables of the macros around a node live in the state.
Places = Mapping[str, int]


class _Compiler:
    __slots__ = ("_scope", "_types", "places")

    def __init__(self, scope: Scope, types: Mapping[Node, Type]) -> None:
        self._scope = scope
        self._types = types
        self.places = 0

    def compile(self, node: Node, local: Places) -> Code:
        match node:
            case Literal():
                return constant_code(node.value)
            case Name() | Select():
                return self._reference(node, local)
            case Has():
                return self._has(node, local)
            case Index():
                return self._index(node, local)
            case Call():
                return self._call(node, local)
            case Chain():
                return self._chain(node, local)
            case Logical():
                return self._logical(node, local)
            case Conditional():
                return self._conditional(node, local)
            case ListOf():
                return self._list(node, local)
            case MapOf():
                return self._map(node, local)
            case Comprehension():
                return self._comprehension(node, local)
            case Bind():
                return self._bind(node, local)
            case OptionalMap():
                return self._optional_map(node, local)
            case Message():
                return _failing(
                    "no_messages", f"message {node.name!r} is not part of the language", node.offset
                )
            case _:
                raise AssertionError(f"no rule for {type(node).__name__}")

    def _place(self, local: Places, *names: str) -> tuple[Places, tuple[int, ...]]:
        """The places with new ones for these variables."""
        numbers = tuple(range(self.places + 1, self.places + 1 + len(names)))
        self.places += len(names)
        return {**local, **dict(zip(names, numbers, strict=True))}, numbers

    # --- reading ---

    def _reference(self, node: Name | Select, local: Places) -> Code:
        if isinstance(node, Name) and not node.is_absolute and node.name in local:
            return _path_code(Path(local[node.name], ()), node.offset)
        name = find_reference(node, self._scope, local)
        if name is not None:
            if name in self._scope.variables:
                return _path_code(Path(name, ()), node.offset)
            return constant_code(TYPE_VALUES[name])
        if isinstance(node, Name):
            return _failing("undeclared_variable", f"{node.name!r} is not declared", node.offset)
        return self._select(node, local)

    def _select(self, node: Select, local: Places) -> Code:
        operand = self.compile(node.operand, local)
        if operand.path is not None and not node.is_optional:
            return _path_code(Path(operand.path.root, (*operand.path.fields, node.field)), node.offset)
        read = select_optional if node.is_optional else select
        run, field, offset = operand.run, node.field, node.offset
        return _above(lambda activation, state: read(run(activation, state), field, offset), 1, operand)

    def _has(self, node: Has, local: Places) -> Code:
        operand = self.compile(node.operand, local)
        run, field, offset = operand.run, node.field, node.offset
        return _above(lambda activation, state: has_field(run(activation, state), field, offset), 1, operand)

    def _index(self, node: Index, local: Places) -> Code:
        operand, key = self.compile(node.operand, local), self.compile(node.key, local)
        read = index_optional if node.is_optional else index
        run, run_key, offset = operand.run, key.run, node.offset

        def run_index(activation: Mapping[str, Any], state: list[Any]) -> Any:
            value = run(activation, state)
            return read(value, run_key(activation, state), offset)

        return _above(run_index, 1, operand, key)

    # --- operators and functions ---

    def _call(self, node: Call, local: Places) -> Code:
        if node.target is None and node.function in ("!_", "-_"):
            return self._unary(node, local)
        arguments = [self.compile(argument, local) for argument in node.arguments]
        dispatcher: Dispatcher | None
        if node.target is None:
            dispatcher = self._scope.find_function(node.function, len(arguments))
        elif (name := find_namespaced(node, self._scope, local)) is not None:
            dispatcher = self._scope.find_function(name, len(arguments))
        else:
            arguments.insert(0, self.compile(node.target, local))
            dispatcher = self._scope.find_member(node.function, len(arguments))
        if dispatcher is None:
            detail = f"there is no function {node.function!r} with {len(node.arguments)} arguments"
            return _failing("no_such_overload", detail, node.offset)
        if node.function in ("or", "orValue") and len(arguments) == 2:
            return call_or(dispatcher, arguments[0], arguments[1], node.offset)
        return fold(call_form(dispatcher, arguments, node.offset), arguments)

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

        return fold(_above(run_not if node.function == "!_" else run_negate, 1, operand), [operand])

    def _chain(self, node: Chain, local: Places) -> Code:
        operands = [
            self.compile(part, local) for part in (node.first, *(link.operand for link in node.links))
        ]
        types = [self._types.get(part) for part in (node.first, *(link.operand for link in node.links))]
        return fold(apply_chain(node.links, operands, types), operands)

    def _logical(self, node: Logical, local: Places) -> Code:
        terms = [self.compile(term, local) for term in node.terms]
        run = all_of(terms, node.offset) if node.operator == "&&" else any_of(terms, node.offset)
        first, *rest = terms
        return Code(
            run,
            lump=first.lump,
            extra_least=first.extra_least,
            extra_most=add_most(first.extra_most, *(term.most for term in rest)),
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
            size_most=_largest(result.size_most for result in results),
        )

    # --- lists, maps, macros ---

    def _list(self, node: ListOf, local: Places) -> Code:
        parts = [self.compile(element.value, local) for element in node.elements]
        optional = frozenset(place for place, element in enumerate(node.elements) if element.is_optional)
        run = make_list([part.run for part in parts], optional, node.offset)
        made = _above(run, LIST_COST + len(parts), *parts)
        return fold(replace(made, size_most=len(parts)), parts)

    def _map(self, node: MapOf, local: Places) -> Code:
        entries = [
            (self.compile(entry.key, local), self.compile(entry.value, local)) for entry in node.entries
        ]
        optional = frozenset(place for place, entry in enumerate(node.entries) if entry.is_optional)
        run = make_map([(key.run, value.run) for key, value in entries], optional, node.offset)
        parts = [part for entry in entries for part in entry]
        return replace(_above(run, MAP_COST + len(parts), *parts), size_most=len(entries))

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
            lump=body_lump(condition, result),
            offset=node.offset,
        )
        wanted = _wanted(node)
        run = run_loop(loop) if wanted is None or target.path is None else quick_exists(loop, wanted)
        bodies = [part for part in (condition, result) if part is not None]
        building = (
            1 if node.kind in (Comprehended.ALL, Comprehended.EXISTS, Comprehended.EXISTS_ONE) else LIST_COST
        )
        each = add_most(loop.lump, *(body.extra_most for body in bodies))
        return Code(
            run,
            lump=target.lump + building,
            extra_least=target.extra_least,
            extra_most=add_most(target.extra_most, multiply_most(target.size_most, each)),
            size_most=target.size_most,
        )

    def _bind(self, node: Bind, local: Places) -> Code:
        value = self.compile(node.value, local)
        inner, (place,) = self._place(local, node.name)
        body = self.compile(node.body, inner)
        run_value, run_body = value.run, body.run

        def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
            state[place] = run_value(activation, state)
            return run_body(activation, state)

        return replace(_above(run, 1, value, body), size_most=body.size_most)

    def _optional_map(self, node: OptionalMap, local: Places) -> Code:
        target = self.compile(node.target, local)
        inner, (place,) = self._place(local, node.name)
        body = self.compile(node.body, inner)
        run_target, run_body, lump, offset = target.run, body.run, body.lump, node.offset
        is_flat = node.is_flat

        def run(activation: Mapping[str, Any], state: list[Any]) -> OptionalValue:
            value = unwrap(run_target(activation, state), offset)
            if value is ABSENT:
                return ABSENT
            pay(state, lump)
            state[place] = value.value
            result = run_body(activation, state)
            return unwrap(result, offset) if is_flat else OptionalValue(result)  # type: ignore[no-any-return]

        made = _above(run, 1, target)
        return replace(made, extra_most=add_most(made.extra_most, body.most))


def _path_code(path: Path, offset: int) -> Code:
    return Code(read_path(path, offset), lump=1 + len(path.fields), path=path)


def _above(run: Run, lump: int, *parts: Code) -> Code:
    """The code of a node that always runs all its parts."""
    return Code(
        run,
        lump=lump + sum(part.lump for part in parts),
        extra_least=sum(part.extra_least for part in parts),
        extra_most=add_most(*(part.extra_most for part in parts)),
    )


def _failing(code: str, detail: str, offset: int) -> Code:
    def run(activation: Mapping[str, Any], state: list[Any]) -> Any:
        raise EvaluationError(code, detail, offset)

    return Code(run, lump=1)


def _largest(sizes: Any) -> int | None:
    found = list(sizes)
    return None if None in found else max(found)


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


def fold(code: Code, parts: Sequence[Code]) -> Code:
    """A constant in place of code whose parts are all constant, when it has a value and that is small."""
    if not all(part.is_constant for part in parts):
        return code
    meter = Meter(FOLD_BUDGET)
    try:
        meter.charge(code.lump)
        value = code.run({}, [meter])
    except (EvaluationError, CostExceeded):
        return code
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, dict) or (isinstance(value, str | bytes | tuple) and len(value) > FOLD_SIZE_MAX):
        return code
    return constant_code(value)
