"""How a component sees its parameters: constants as they are, expressions evaluated where they were written."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from actum_core.template.late import LateMap
from actum_core.template.network import Argument

if TYPE_CHECKING:
    from actum_core.engine.exchange import Exchange


class _Outer(dict[str, Any]):
    """What an argument sees: its own network's variables and parameters, and what drives the machine that reads it."""

    __slots__ = ("exchange", "scope")

    def __init__(self, exchange: "Exchange", scope: int) -> None:
        super().__init__(vars=exchange.variables_of(scope))
        self.exchange = exchange
        self.scope = scope

    def __missing__(self, name: str) -> Any:
        if name == "params":
            return self.exchange.parameters(self.scope)
        assert self.exchange.current is not None, "arguments are read by machines"
        return self.exchange.current.activation[name]


def make_parameters(exchange: "Exchange", scope: int) -> LateMap:
    """The parameters of one scope, for one step."""
    described = exchange.tables.scopes[scope]
    parameters = LateMap(described.constants)
    for name, argument in described.arguments.items():
        parameters.add_late(name, argument.data, _evaluate_of(exchange, argument))
    return parameters


def _evaluate_of(exchange: "Exchange", argument: Argument) -> Callable[[str], Any]:
    def evaluate(source: str) -> Any:
        expression = argument.expressions.find(source, argument.place)
        outer, exchange.asking_scope = exchange.asking_scope, argument.scope
        try:
            return expression.evaluate(_Outer(exchange, argument.scope), exchange.meter)
        finally:
            exchange.asking_scope = outer

    return evaluate
