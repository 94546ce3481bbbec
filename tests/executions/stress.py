"""A template each of whose events does one thing wrong: one for every bound of a step."""

from typing import Any


def _deep(levels: int) -> Any:
    """An object of so many levels around what the event says."""
    value: Any = "=event.data.deep"
    for _ in range(levels):
        value = {"in": value}
    return value


def _each(name: str, *actions: dict[str, Any]) -> dict[str, Any]:
    """Do this for every element of the list that the event brings."""
    return {"for_each": {"in": "message.data.list", "as": name, "do": list(actions)}}


STRESS: dict[str, Any] = {
    "format": "actum/1",
    "name": "stress",
    "vars": {"count": {"type": "int", "initial": 0}, "list": {"type": "list", "initial": []}},
    "rules": [
        {"id": "tells", "on": "tell", "emit": {"message": "told", "data": {"text": "=event.data.text"}}},
        {"id": "doubts", "on": "doubt", "when": "event.data.missing > 1", "emit": "doubted"},
        {"id": "nests", "on": "nest", "emit": {"message": "nested", "data": _deep(12)}},
        {
            "id": "shouts",
            "on": "shout",
            "emit": {"message": "heard", "data": ["=event.data", "=event.data", "=event.data"]},
        },
    ],
    "events": {
        name: {}
        for name in (
            *("move", "idle", "tell", "spin", "swell", "shout", "nest", "labour", "chatter", "raise"),
            *("toil", "divide", "doubt", "guess"),
        )
    },
    "machine": {
        "initial": "here",
        "states": {
            "here": {
                "on": {
                    "move": "there",
                    "spin": "turning",
                    "swell": {
                        "actions": [
                            {"assign": {"list": "[message.data.list, message.data.list, message.data.list]"}}
                        ]
                    },
                    "labour": {"actions": [_each("one", _each("other", {"assign": {"count": "1"}}))]},
                    "chatter": {"actions": [_each("one", {"log": {"label": "one", "value": "=one"}})]},
                    "raise": {"actions": [_each("one", {"raise": "noise"})]},
                    "toil": {
                        "actions": [
                            {
                                "assign": {
                                    "count": "message.data.list.map(a, message.data.list.map(b, a == b)).size()"
                                }
                            }
                        ]
                    },
                    "divide": {"actions": [{"assign": {"count": "1 / vars.count"}}]},
                    "guess": {"guard": "message.data.missing", "target": "there"},
                }
            },
            "there": {"on": {"move": "here"}},
            "turning": {"always": "whirling"},
            "whirling": {"always": "turning"},
        },
    },
}
