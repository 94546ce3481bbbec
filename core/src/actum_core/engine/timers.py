"""The timers that an execution waits for: what each will say, to whom and when, and which is due first."""

from bisect import bisect_left, insort
from typing import Any, Final, NamedTuple

from actum_core import canonical_json
from actum_core.canonical_json import JsonValue
from actum_core.engine.moments import read_moment, write_moment
from actum_core.engine.written import Collection, Written, commit_value
from actum_core.limits import TIMERS_MAX
from actum_core.template.variables import measure

#: Timers as they fire: by when they are due, then in the order in which they were set.
Order = list[tuple[str, tuple[int, int], str]]


class Timer(NamedTuple):
    """A message that is on its way until ``due``.

    ``kind`` is ``after``, for a state's own deadline, or ``send``. ``node`` is the address of the machine that set it
    and whose end takes it back; ``to`` where the message goes, empty for that machine itself.
    """

    due: str
    event: str
    kind: str
    node: str = ""
    data: JsonValue = None
    id: str = ""
    to: str = ""

    @property
    def size(self) -> int:
        """Bytes that it counts in its state."""
        return len(self.event) + (0 if self.data is None else measure(self.data))

    def members(self) -> dict[str, JsonValue]:
        """Its JSON, in canonical order, without its data and without what is empty."""
        named = {"due": self.due, "event": self.event, "id": self.id, "kind": self.kind, "node": self.node}
        return {name: value for name, value in {**named, "to": self.to}.items() if value}


def _write_timer(timer: Timer) -> Written:
    rest = canonical_json.encode(timer.members())[1:]
    if timer.data is None:
        return Written(b"{" + rest, b"{" + rest)
    data = canonical_json.encode(timer.data)
    return Written(b'{"data":%s,%s' % (data, rest), b'{"data":%s,%s' % (commit_value(data), rest))


class Timers:
    """An immutable set of timers by their keys."""

    __slots__ = ("_by_node", "_order", "table")

    def __init__(self, table: Collection[Timer], order: Order, by_node: dict[str, tuple[str, ...]]) -> None:
        self.table = table
        self._order = order
        self._by_node = by_node

    def __len__(self) -> int:
        return len(self._order)

    @property
    def order(self) -> Order:
        """As they fire; MUST NOT be changed."""
        return self._order

    @property
    def by_node(self) -> dict[str, tuple[str, ...]]:
        """The keys of the timers of each machine, in the order in which they were set; MUST NOT be changed."""
        return self._by_node

    def edit(self) -> "TimersUnderWay":
        """A copy that a step may change."""
        return TimersUnderWay(self)

    def without(self, key: str) -> "Timers":
        """A copy without one of them."""
        timers = self.edit()
        timers.remove(key)
        return timers.finish()

    def put_off(self, nanoseconds: int) -> "Timers":
        """All of them, due so much later; what would be beyond the year 9999 is due at its end."""
        timers = self.edit()
        for key, timer in self.table.members.items():
            due = write_moment(read_moment(timer.due) + nanoseconds)
            timers.remove(key)
            timers.add(key, timer._replace(due=due or "9999-12-31T23:59:59.999999Z"))
        return timers.finish()


class TimersUnderWay:
    """Timers while a step sets them and takes them back."""

    __slots__ = ("_before", "_by_node", "_changes", "_order")

    def __init__(self, before: Timers) -> None:
        self._before = before
        #: Those of before, until something changes.
        self._order = before.order
        self._by_node = before.by_node
        self._changes: dict[str, Timer | None] = {}

    def __len__(self) -> int:
        return len(self._order)

    @property
    def is_changed(self) -> bool:
        return bool(self._changes)

    @property
    def is_full(self) -> bool:
        return len(self._order) >= TIMERS_MAX

    def find(self, key: str) -> Timer | None:
        if key in self._changes:
            return self._changes[key]
        return self._before.table.members.get(key)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The addresses of all machines that wait for a timer, in their order."""
        return tuple(sorted(self._by_node))

    def of_node(self, node: str) -> tuple[str, ...]:
        """The keys of the timers that a machine has set, in the order in which it did."""
        return self._by_node.get(node, ())

    def add(self, key: str, timer: Timer) -> None:
        self._change(key, timer)
        insort(self._order, (timer.due, _place_of(key), key))
        self._by_node[timer.node] = (*self._by_node.get(timer.node, ()), key)

    def remove(self, key: str) -> None:
        timer = self.find(key)
        assert timer is not None, "only a timer that is there is removed"
        self._change(key, None)
        del self._order[bisect_left(self._order, (timer.due, _place_of(key), key))]
        left = tuple(each for each in self._by_node[timer.node] if each != key)
        if left:
            self._by_node[timer.node] = left
        else:
            del self._by_node[timer.node]

    def _change(self, key: str, timer: Timer | None) -> None:
        if not self._changes:
            self._order, self._by_node = self._order.copy(), self._by_node.copy()
        self._changes[key] = timer

    def finish(self) -> Timers:
        return Timers(self._before.table.changed(self._changes), self._order, self._by_node)


NO_TIMERS: Final = Timers(Collection({}, _write_timer), [], {})


def read_timers(value: dict[str, Any]) -> Timers:
    """The timers of a state's JSON. Raises KeyError or TypeError when they are none."""
    timers = NO_TIMERS.edit()
    # In the order in which they were set: by input sequence, then by place.
    for key in sorted(value, key=_place_of):
        said = value[key]
        timers.add(
            key,
            Timer(
                said["due"],
                said["event"],
                said["kind"],
                said.get("node", ""),
                said.get("data"),
                said.get("id", ""),
                said.get("to", ""),
            ),
        )
    return timers.finish()


def _place_of(key: str) -> tuple[int, int]:
    sequence, _, place = key.partition(".")
    return int(sequence), int(place)
