"""One request and its answer, as the log, the metrics and the problems name them."""

from dataclasses import dataclass, field
from typing import Any, Final

_KEY: Final = "actum.exchange"


@dataclass(slots=True)
class Exchange:
    """Made when a request arrives; whoever learns more of it (the caller's org, the execution) adds it to `ids`."""

    request_id: str
    method: str
    path: str
    status: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """What every line of the log about this request says."""
        return {"requestId": self.request_id, "method": self.method, "path": self.path, **self.ids}


def begin_exchange(scope: Any, request_id: str) -> Exchange:
    """Put a new exchange into a connection's scope."""
    exchange = Exchange(request_id, scope.get("method", "WEBSOCKET"), scope.get("path", ""))
    scope[_KEY] = exchange
    return exchange


def exchange_of(scope: Any) -> Exchange:
    """The exchange a connection belongs to; one without an id when nothing was begun (a test of one part)."""
    found = scope.get(_KEY)
    return found if isinstance(found, Exchange) else begin_exchange(scope, "")
