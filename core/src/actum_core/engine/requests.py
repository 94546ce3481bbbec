"""Work that was asked for and whose outcome has not come: what must be known when it does."""

from typing import Any, Final, NamedTuple

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.written import Collection, Written, commit_value
from actum_core.template.variables import measure


class PendingRequest(NamedTuple):
    """``kind`` is ``action``, asked for by the machine at ``node``, or ``infer``, asked for by a rule.

    ``subject`` is the action's or the rule's name; ``name`` the author's for the request. ``kept`` is what the rule's
    messages read and the outcome does not bring: the event, and what was extracted from it.
    """

    kind: str
    subject: str
    node: str = ""
    name: str = ""
    kept: dict[str, Any] | None = None

    @property
    def size(self) -> int:
        """Bytes that it counts in its state."""
        return 0 if self.kept is None else measure(self.kept)

    def members(self) -> dict[str, JsonValue]:
        """Its JSON without what is kept."""
        subject = {"action" if self.kind == "action" else "rule": self.subject}
        named = {**subject, "kind": self.kind, "name": self.name, "node": self.node}
        return {name: value for name, value in named.items() if value}


def _write_request(request: PendingRequest) -> Written:
    if request.kept is None:
        text = canonical_json.encode(request.members())
        return Written(text, text)
    kept = canonical_json.encode(request.kept)
    # "kept" comes before "kind", "name", "node" and "rule"; only rules keep anything.
    rest = canonical_json.encode(request.members())[1:]
    return Written(b'{"kept":%s,%s' % (kept, rest), b'{"kept":%s,%s' % (commit_value(kept), rest))


Requests = Collection[PendingRequest]

NO_REQUESTS: Final[Requests] = Collection({}, _write_request)


def read_requests(value: dict[str, Any]) -> Requests:
    """The requests of a state's JSON. Raises KeyError or TypeError when they are none."""
    return NO_REQUESTS.changed(
        {
            request_id: PendingRequest(
                said["kind"],
                said["action"] if said["kind"] == "action" else said["rule"],
                said.get("node", ""),
                said.get("name", ""),
                said.get("kept"),
            )
            for request_id, said in value.items()
        }
    )
