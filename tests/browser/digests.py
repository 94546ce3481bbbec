"""What the core makes of documents, as digests: run by this machine's Python and by the one in the browser alike.

Only the standard library and the core: it is loaded by its path where there is neither pytest nor a package of tests.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from actum_core import canonical_json
from actum_core.simulation import Setting, Simulation, describe_simulation, parse_script
from actum_core.template import Program, compile_template

#: Of so many random runs, one is compared in every member of its report, trace and coverage included.
REPORTED_EVERY = 20
#: Inputs of one run, the timers that follow from what was said included.
INPUTS_MAX = 30

_WORDS = ("", "a", "Zürich", "日本", "\U0001f600", "order 4711", "x" * 40, "1.50", "2026-03-29T01:30:00Z")
_TIMES = ("+1us", "+0.5s", "+1s", "+59s", "+10m", "+1h", "+25h", "+40d")


def make_digests(asked: dict[str, Any]) -> dict[str, Any]:
    """``asked`` has ``documents`` by name, each with its ``stories``, and how many random ``runs`` there shall be."""
    compiled = {name: compile_template(each["document"]) for name, each in asked["documents"].items()}
    kinds: Counter[str] = Counter()
    played: dict[str, Any] = {}
    for name, each in asked["documents"].items():
        for number, story in enumerate(each["stories"]):
            simulation = _play(compiled[name], (story["input"], story["script"]), is_reported=True)
            kinds.update(entry.kind for entry in simulation.entries)
            played[f"{name}/{number}"] = _digest(simulation, is_reported=True)
    runs = []
    names = sorted(compiled)
    for number in range(asked["runs"]):
        chance = random.Random(number)
        name = names[number % len(names)]
        each = asked["documents"][name]
        inputs = [story["input"] for story in each["stories"]] or [{}]
        story = chance.choice(inputs), list(random_script(chance, each["document"]))
        is_reported = number % REPORTED_EVERY == 0
        simulation = _play(compiled[name], story, is_reported=is_reported)
        kinds.update(entry.kind for entry in simulation.entries)
        runs.append(_digest(simulation, is_reported=is_reported))
    return {
        "programs": {name: [program.digest, len(program.canonical)] for name, program in compiled.items()},
        "stories": played,
        "runs": runs,
        "kinds": dict(sorted(kinds.items())),
    }


def answer(text: str) -> str:
    """The same as JSON text: what crosses from one language to the other."""
    return json.dumps(make_digests(json.loads(text)), ensure_ascii=True, sort_keys=True)


def _play(program: Program, story: tuple[Any, list[Any]], *, is_reported: bool) -> Simulation:
    start_input, script = story
    setting = Setting(is_to_quiet=True, is_traced=is_reported, inputs_max=INPUTS_MAX)
    simulation = Simulation(program, start_input, setting)
    for _ in simulation.play(parse_script(script)):
        pass
    return simulation


def _digest(simulation: Simulation, *, is_reported: bool) -> str:
    """Over every byte of every entry and of the state; with the report, over all that is told as well."""
    digest = hashlib.sha256(simulation.program.canonical)
    for entry in simulation.entries:
        for part in (entry.header, entry.payload, entry.entry_hash):
            digest.update(len(part).to_bytes(4, "big") + part)
    digest.update(simulation.execution.canonical())
    if is_reported:
        digest.update(canonical_json.encode(describe_simulation(simulation)))
    return digest.hexdigest()


# --- Chance -------------------------------------------------------------------------------------------------


def random_script(chance: random.Random, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    events = document["events"]
    names = sorted(events)
    requested = sorted(document.get("actions", {})) + [
        rule["id"] for rule in document.get("rules", []) if rule.get("kind") == "ai"
    ]
    if chance.random() < 0.5:
        yield {"outcomes": {"*": chance.choice(["ok", "failed"])}}
    for _ in range(chance.randrange(2, 12)):
        what = chance.random()
        when = {"at": chance.choice(_TIMES)} if chance.random() < 0.5 else {}
        if what < 0.7:
            name = chance.choice(names)
            schema = (events[name] or {}).get("schema", {})
            yield {"type": name, "data": _random_value(chance, schema), **when}
        elif what < 0.8:
            yield {"advance": chance.choice(_TIMES)[1:]}
        elif what < 0.9 and requested:
            outcome = {"ok": chance.random() < 0.7, "output": _random_value(chance, {})}
            yield {"outcome": outcome, "of": chance.choice(requested), **when}
        else:
            yield {"command": chance.choice(["pause", "resume", "resume"]), **when}


def _random_value(chance: random.Random, schema: dict[str, Any], depth: int = 0) -> Any:
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get(
        "type", "object" if depth == 0 else chance.choice(["number", "string", "boolean", "null"])
    ):
        case "object":
            members = schema.get(
                "properties", {"text": {}, "amount": {"type": "number"}, "kwh": {"type": "number"}}
            )
            required = schema.get("required", ())
            return {
                name: _random_value(chance, member, depth + 1)
                for name, member in members.items()
                if name in required or chance.random() < 0.8
            }
        case "array":
            length = chance.randrange(max(1, schema.get("minItems", 0)), 4)
            return [_random_value(chance, schema.get("items", {}), depth + 1) for _ in range(length)]
        case "number":
            return chance.choice(
                [chance.uniform(-1e3, 1e3), chance.uniform(0, 1e-7), 10.0 ** chance.randrange(-12, 15), 7]
            )
        case "integer":
            return chance.randrange(-5, 5_000)
        case "boolean":
            return chance.random() < 0.5
        case "null":
            return None
        case _:
            return chance.choice(_WORDS)[: schema.get("maxLength", 100)]
