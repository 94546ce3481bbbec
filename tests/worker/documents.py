"""The templates that tests of timers run."""

from typing import Any

#: Escalates unless it is answered in time; `tick` counts itself every moment by a delayed send.
DESK: dict[str, Any] = {
    "format": "actum/1",
    "name": "desk",
    "input": {"type": "object", "properties": {"patience": {"type": "string"}}},
    "vars": {"patience": {"type": "duration", "initial": "=has(input.patience) ? input.patience : '200ms'"}},
    "events": {"answer": {}, "wait": {}},
    "machine": {
        "initial": "waiting",
        "states": {
            "waiting": {
                "after": [{"delay": "=vars.patience", "target": "escalated"}],
                "on": {"answer": "answered", "wait": "waiting"},
            },
            "escalated": {"on": {"answer": "answered"}},
            "answered": {"type": "final"},
        },
    },
}

#: Sets as many timers as it is told, all due at once, and counts those that fired.
MANY: dict[str, Any] = {
    "format": "actum/1",
    "name": "many",
    "input": {
        "type": "object",
        "required": ["times", "at"],
        "properties": {"times": {"type": "array"}, "at": {"type": "string"}},
    },
    "vars": {"fired": {"type": "int", "initial": 0}, "early": {"type": "int", "initial": 0}},
    "events": {"poke": {}},
    "machine": {
        "initial": "counting",
        "states": {
            "counting": {
                "entry": [
                    {
                        "for_each": {
                            "in": "input.times",
                            "as": "time",
                            "do": [{"send": {"event": "due", "at": "=timestamp(input.at)"}}],
                        }
                    }
                ],
                "on": {
                    "due": {
                        "actions": [
                            {
                                "assign": {
                                    "fired": "vars.fired + 1",
                                    "early": "now < timestamp(input.at) ? vars.early + 1 : vars.early",
                                }
                            }
                        ]
                    }
                },
            }
        },
    },
}

#: A resumed execution's deadlines move by as long as it was paused.
PATIENT: dict[str, Any] = {**DESK, "name": "patient", "timers": {"on_resume": "remaining"}}
