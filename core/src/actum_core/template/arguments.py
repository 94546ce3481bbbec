"""What one use of a component gives to its parameters: constants, expressions that are read late, and messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from actum_core.canonical_json import JsonValue
from actum_core.errors import pointer_of
from actum_core.expression import CostExceeded, EvaluationError, ExpressionInvalid, Meter
from actum_core.template import names
from actum_core.template.document import Component, Data, NodeUse, Parameter, ParameterKind, Port
from actum_core.template.expressions import Expressions, Place
from actum_core.template.late import LateMap
from actum_core.template.parse_network import read_port_list
from actum_core.template.parse_values import sorted_data
from actum_core.template.reader import Reader, suggestion
from actum_core.template.variables import plain_json

#: Codes of a reading that cannot be done before anything runs: the value is made while it runs, or a component is
#: looked at by itself.
_LATE: Final = "not_constant"
_UNKNOWN: Final = "not_known"


_Side = tuple[Port, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Constants:
    """What can be computed before anything runs, in one scope."""

    values: LateMap
    expressions: Expressions
    meter: Meter

    def value(self, data: Data) -> JsonValue:
        """Data with its expressions replaced by their values.

        Raises EvaluationError (for what is known later only, too), CostExceeded or ExpressionInvalid.
        """
        if isinstance(data, str) and data.startswith("="):
            if data.startswith("=="):
                return data[1:]
            found = self.expressions.find(data[1:], Place.CONSTANT)
            return plain_json(found.evaluate({"params": self.values}, self.meter))
        if isinstance(data, dict):
            return {key: self.value(value) for key, value in data.items()}
        if isinstance(data, list):
            return [self.value(value) for value in data]
        return data


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What the parameters of one use are.

    ``constants`` and ``messages`` (descriptors) are known now, ``late`` is data that is evaluated when it is
    read, where the use stands; ``own`` is the same where the component stands. ``unknown`` ones cannot be known
    here, because a parameter of what is around the use decides them.
    """

    constants: Mapping[str, JsonValue]
    messages: Mapping[str, tuple[str, ...]]
    late: Mapping[str, Data]
    own: Mapping[str, Data]
    unknown: frozenset[str] = frozenset()

    def values(self) -> LateMap:
        """As a component's constant expressions see them; what is late or unknown cannot be read."""
        made = LateMap(self.constants)
        for name, data in (*self.late.items(), *self.own.items()):
            made.add_late(name, data, _refuse_late)
        for name in self.unknown:
            made.add_late(name, "=", _refuse_unknown)
        return made


def _refuse_late(source: str) -> Any:
    raise EvaluationError(_LATE, "the value is known only while an execution runs")


def _refuse_unknown(source: str) -> Any:
    raise EvaluationError(_UNKNOWN, "the value is known only where the component is used")


def source_data(data: Data) -> Data:
    """What an expression parameter is given, with the sign that it may leave out."""
    if isinstance(data, str) and not data.startswith("="):
        return "=" + data
    return data


def bind_arguments(component: Component, node: NodeUse, around: Constants, reader: Reader) -> Bound:
    """The parameters of a component for one use; what is wrong with them is reported where they are given."""
    return _Binder(component, node, around, reader).bind()


def unbound(component: Component) -> Bound:
    """The parameters of a component that is looked at by itself."""
    return Bound({}, {}, {}, {}, frozenset(parameter.name for parameter in component.parameters))


class _Binder:
    def __init__(self, component: Component, node: NodeUse, around: Constants, reader: Reader) -> None:
        self._component = component
        self._node = node
        self._around = around
        self._reader = reader
        self._constants: dict[str, JsonValue] = {}
        self._messages: dict[str, tuple[str, ...]] = {}
        self._late: dict[str, Data] = {}
        self._own: dict[str, Data] = {}
        self._unknown: set[str] = set()

    def bind(self) -> Bound:
        given = dict(self._node.arguments)
        known = {parameter.name for parameter in self._component.parameters}
        for name in given:
            if name not in known and not self._reader.is_full:
                detail = f"{self._node.use} has no parameter {name[:64]!r}{suggestion(name, known)}"
                self._reader.report(self._pointer(name), "unknown_parameter", detail)
        for parameter in self._component.parameters:
            self._bind(parameter, given.get(parameter.name))
        return Bound(self._constants, self._messages, self._late, self._own, frozenset(self._unknown))

    def _pointer(self, name: str) -> str:
        return self._node.pointer + pointer_of("with", name)

    def _bind(self, parameter: Parameter, given: Data) -> None:
        name = parameter.name
        if parameter.kind is ParameterKind.EXPRESSION:
            if given is not None:
                self._late[name] = source_data(given)
            elif parameter.default is not None:
                self._own[name] = source_data(parameter.default)
            else:
                self._check_given(parameter)
            return
        is_known, value = self._evaluate(name, given)
        if not is_known:
            self._unknown.add(name)
            return
        if value is None:
            value = parameter.default
        if value is None:
            self._check_given(parameter)
        elif parameter.kind is ParameterKind.MESSAGE:
            self._messages[name] = self._descriptors(name, value)
            self._constants[name] = value
        else:
            self._check_schema(parameter, value)
            self._constants[name] = sorted_data(value)

    def _check_given(self, parameter: Parameter) -> None:
        if parameter.is_required:
            detail = f"{self._node.use} needs the parameter {parameter.name!r}"
            self._reader.report(self._node.pointer, "missing_parameter", detail)

    def _evaluate(self, name: str, data: Data) -> tuple[bool, JsonValue]:
        """Whether the value is known here, and the value."""
        try:
            return True, self._around.value(data)
        except EvaluationError as error:
            if error.code != _UNKNOWN:
                code = _LATE if error.code == _LATE else "expression_failed"
                self._reader.report(self._pointer(name), code, error.message)
        except CostExceeded as error:
            self._reader.report(self._pointer(name), "cost_exceeded", str(error))
        except ExpressionInvalid:
            pass  # the check of expressions tells of it
        return False, None

    def _descriptors(self, name: str, value: JsonValue) -> tuple[str, ...]:
        found = (
            [names.normal_descriptor(token) for token in value.split()] if isinstance(value, str) else [None]
        )
        made = tuple(dict.fromkeys(token for token in found if token is not None))
        if len(made) < len(found) or not made:
            detail = "the names of messages were expected, such as meter.read"
            self._reader.report(self._pointer(name), "bad_name", detail)
        return made

    def _check_schema(self, parameter: Parameter, value: JsonValue) -> None:
        if parameter.schema is not None:
            for problem in parameter.schema.check(value, self._pointer(parameter.name)):
                self._reader.report(problem.pointer, problem.code, problem.detail)


def resolve_ports(said: tuple[Port, ...] | str, around: Constants, reader: Reader, pointer: str) -> _Side:
    """The ports of one side; None when they follow from parameters that are not known here."""
    if not isinstance(said, str):
        return said
    try:
        listed = around.value(said)
        if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
            # Two routes may lead to one port: what is computed names each port at least once.
            listed = list(dict.fromkeys(str(name) for name in listed))
        return read_port_list(listed, reader, pointer)
    except EvaluationError as error:
        if error.code != _UNKNOWN:
            reader.report(pointer, "expression_failed", error.message)
    except CostExceeded as error:
        reader.report(pointer, "cost_exceeded", str(error))
    except ExpressionInvalid:
        pass  # the check of expressions tells of it
    return None
