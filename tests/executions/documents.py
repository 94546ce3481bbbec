"""The templates that tests of executions run."""

from typing import Any

#: Counts and sums; ends at `stop`; `boom` divides by nought; `grow` doubles a text until a bound is met.
COUNTER: dict[str, Any] = {
    "format": "actum/1",
    "name": "counter",
    "input": {"type": "object", "properties": {"limit": {"type": "integer"}}},
    "vars": {
        "count": {"type": "int", "initial": 0},
        "sum": {"type": "double", "initial": 0},
        "text": {"type": "string", "initial": "x"},
    },
    "events": {
        "add": {
            "schema": {
                "type": "object",
                "required": ["amount"],
                "properties": {"amount": {"type": "number"}},
            }
        },
        "boom": {},
        "grow": {},
        "spin": {},
        "stop": {},
    },
    "rules": [
        {
            "id": "large",
            "on": "add",
            "when": "event.data.amount > 100.0",
            "emit": [{"message": "add", "data": {"amount": "=event.data.amount"}}, {"message": "spike"}],
        }
    ],
    "machine": {
        "initial": "idle",
        "states": {
            "idle": {
                "on": {
                    "add": {
                        "target": "busy",
                        "actions": [
                            {"assign": {"count": "vars.count + 1", "sum": "vars.sum + message.data.amount"}}
                        ],
                    },
                    "boom": {"actions": [{"assign": {"count": "1 / (vars.count - vars.count)"}}]},
                    "grow": {"actions": [{"assign": {"text": "vars.text + vars.text"}}]},
                    "spin": "spinning",
                    "stop": "done",
                }
            },
            "busy": {
                "on": {
                    "add": {
                        "target": "idle",
                        "actions": [
                            {"assign": {"count": "vars.count + 1", "sum": "vars.sum + message.data.amount"}}
                        ],
                    },
                    "grow": {"actions": [{"assign": {"text": "vars.text + vars.text"}}]},
                    "spin": "spinning",
                    "stop": "done",
                }
            },
            # Turns for ever: only a bound ends it.
            "spinning": {"always": "turning"},
            "turning": {"always": "spinning"},
            "done": {"type": "final", "output": {"count": "=vars.count"}},
        },
    },
}
