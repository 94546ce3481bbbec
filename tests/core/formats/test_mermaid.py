"""Mermaid state diagrams: drafts made of drawings, and drawings of templates."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from actum_core.components import BUILTINS, load_document
from actum_core.errors import Invalid
from actum_core.formats.mermaid import export_mermaid, import_mermaid
from actum_core.formats.mermaid.labels import read_label
from actum_core.formats.mermaid.safe import label, plain_id, unlabel
from actum_core.formats.mermaid.words import duration_words
from actum_core.template import check_template

from ..documents import document, load_yaml, parse_yaml
from .running import Running

EXAMPLES = Path(__file__).parents[3] / "server/src/actum/examples"
JUDGE = Path(__file__).parent / "mermaid"


def machine_of(text: str) -> dict[str, Any]:
    """The machine of a diagram, without the header."""
    found: dict[str, Any] = import_mermaid("stateDiagram-v2\n" + text).document["machine"]
    return found


def problems_of(text: str) -> list[tuple[str, str]]:
    found = import_mermaid("stateDiagram-v2\n" + text).problems
    return [(problem.code, problem.detail.split(":")[0]) for problem in found]


# --- Import ---------------------------------------------------------------------------------------------------

#: A diagram and the machine it is read as.
READ: list[tuple[str, str]] = [
    ("[*] --> a\na --> b : go", "{initial: a, states: [{id: a, on: [{event: go, target: b}]}, {id: b}]}"),
    ("[*] --> a\na --> [*]", "{initial: a, states: [{id: a, type: final}]}"),
    ("[*] --> a\na --> b\nb --> [*]",
     "{initial: a, states: [{id: a, on: [{event: go-b, target: b}]}, {id: b, type: final}]}"),
    ("[*] --> a\na --> a : x\na --> [*] : y",
     "{initial: a, states: [{id: a, on: [{event: y, target: end_end}, {event: x, target: a}]}, "
     "{id: end_end, type: final}]}"),
    ('[*] --> a\nstate "A state" as a\na : entry / raise x; do it',
     "{initial: a, states: [{id: a, title: A state, entry: [[{raise: x}, {do: {action: it}}]]}]}"),
    ("[*] --> a\na --> b : x [vars.n > 1] / n = vars.n + 1, m = 0; cancel t",
     "{initial: a, states: [{id: a, on: [{event: x, guard: vars.n > 1, target: b, actions: "
     "[{assign: {n: vars.n + 1, m: '0'}}, {cancel: t}]}]}, {id: b}]}"),
    ("[*] --> a\na --> b : after 1h30m\na --> b : [vars.x]",
     "{initial: a, states: [{id: a, after: [{delay: 1h30m, target: b}], "
     "always: [{guard: vars.x, target: b}]}, {id: b}]}"),
    ("[*] --> a\na --> b : x, y", "{initial: a, states: [{id: a, on: [{event: x y, target: b}]}, {id: b}]}"),
    ("[*] --> p\nstate p {\n [*] --> q\n q --> [*]\n}\np --> r",
     "{initial: p, states: [{id: p, initial: q, states: [{id: q, type: final}], "
     "on: [{event: done.state.p, target: r}]}, {id: r}]}"),
    ("[*] --> p\nstate p {\n [*] --> a\n --\n [*] --> b\n}",
     "{initial: p, states: [{id: p, type: parallel, states: [{id: p_1, initial: a, states: [{id: a}]}, "
     "{id: p_2, initial: b, states: [{id: b}]}]}]}"),
    ("[*] --> p\nstate p {\n state a {\n [*] --> x\n }\n --\n state b {\n [*] --> y\n }\n}",
     "{initial: p, states: [{id: p, type: parallel, states: [{id: a, initial: x, states: [{id: x}]}, "
     "{id: b, initial: y, states: [{id: y}]}]}]}"),
    ("[*] --> a\nstate c <<choice>>\na --> c : ask\nc --> d : if vars.n > 1\nc --> a : else",
     "{initial: a, states: [{id: a, on: [{event: ask, target: c}]}, {id: c, always: [{guard: vars.n > 1, target: d}, "
     "{target: a}]}, {id: d}]}"),
    ("[*] --> f\nstate f <<fork>>\nf --> a\nf --> b\nstate p {\n state a\n --\n state b\n}",
     "{initial: f, states: [{id: f, always: [{target: [a, b]}]}, "
     "{id: p, type: parallel, states: [{id: a}, {id: b}]}]}"),
    ("[*] --> a\nnote right of a : about it\na : prose of it\na : more",
     '{initial: a, states: [{id: a, title: prose of it, description: "about it\\nmore"}]}'),
    ("[*] --> a\na : tick / n = 1\na --> b : tick [vars.n > 3]",
     "{initial: a, states: [{id: a, on: [{event: tick, guard: vars.n > 3, target: b}, "
     "{event: tick, actions: [{assign: {n: '1'}}]}]}, {id: b}]}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_drawing_is_read_as_this_machine(text: str, expected: str) -> None:
    assert machine_of(text) == parse_yaml(expected)


def test_a_draft_runs() -> None:
    found = import_mermaid(
        "---\ntitle: Door bell\n---\nstateDiagram-v2\n direction LR\n [*] --> Shut\n"
        " Shut --> Open : ring [vars.n < 2] / n = vars.n + 1\n"
        " Open --> Shut : after 10s\n"
    ).document
    found["vars"]["n"] = {"type": "int", "initial": 0}
    assert (found["name"], found["title"]) == ("door-bell", "Door bell")
    running = Running(found)
    assert running.post("ring").at == ("Open",)
    assert running.pass_time(10).at == ("Shut",)
    assert running.post("ring").pass_time(10).post("ring").at == ("Shut",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[*] --> a\na --> b", [("no_event", "line 3, column 1")]),
        ("a --> b : x", [("no_initial", "line 1, column 1")]),
        ("[*] --> a\na --> b : start moving", [("renamed", "line 3, column 1")]),
        ("[*] --> a\na --> b : x [whenever]", [("guard", "line 3, column 1")]),
        ("[*] --> a\na --> b : x / turn on the light", [("action", "line 3, column 1")]),
        ("[*] --> a\na --> b : x / do ring", [("no_target", "line 3, column 1")]),
        ("[*] --> a\na --> b : x [vars.n == 1]", [("declared", "line 3, column 1")]),
        ("[*] --> a : x", [("left_out", "line 2, column 1")]),
        ("[*] --> a\n[*] --> b", [("several", "line 3, column 1")]),
        ("[*] --> a\nclassDef bad fill", [("left_out", "line 3, column 1")]),
        ("[*] --> a\n  what is this!?", [("syntax", "line 3, column 3")]),
        ("[*] --> a\n}", [("syntax", "line 3, column 1")]),
        ("[*] --> a\nstate b {\n[*] --> c", [("syntax", "line 3, column 1")]),
        ("[*] --> a\nstate j <<join>>", [("join", "line 3, column 1")]),
        ("[*] --> a\nnote right of a\n never ended", [("syntax", "line 3, column 1")]),
    ],
)
def test_what_a_drawing_leaves_open_is_a_problem_at_its_line(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert problems_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "flowchart LR\n a --> b", "stateDiagram-v2", "stateDiagram-v2\n%% nothing"]
)
def test_what_is_no_state_diagram_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        import_mermaid(text)


def test_brackets_and_strings_in_guards_do_not_end_them() -> None:
    found = read_label("go [vars.list[0] == '] / ;' && vars.m in {'a': 1}] / raise x; log a/b")
    assert (found.events, found.guard) == (("go",), "vars.list[0] == '] / ;' && vars.m in {'a': 1}")
    assert found.actions == ("raise x", "log a/b")
    assert read_label("it's done / don't").events == ("it's done",)


# --- Export ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("{initial: a, states: {a: {on: {go: b}}, b: {type: final}}}",
         ["[*] --> a", "a", "b", "b --> [*]", "a --> b : go"]),
        ("{initial: a, states: {a: {title: 'The: first; one', after: {72h: a}}}}",
         ["[*] --> a", 'state "The#58; first#59; one" as a', "a --> a : after 3d"]),
        ("{initial: a, states: {a: {on: {x: {guard: 'vars.n > 1 ? true : false', actions: [{log: hi}], target: a}}}}}",
         ["[*] --> a", "a", "a --> a : x [vars.n #62; 1 ? true #58; false] / log #34;hi#34;"]),
        ("{initial: a, states: {a: {entry: [{raise: z}], on: {y: {}}}}}",
         ["[*] --> a", "a : a", "a : entry / raise z", "a : y / (nothing)"]),
        ("{initial: p, states: {p: {type: parallel, states: {r: {}, s: {}}, exit: [{raise: z}]}}}",
         ["[*] --> p", "state p {", "r", "--", "s", "}", "note right of p", "exit / raise z", "end note"]),
        ("{initial: a, on: {halt: b}, states: {a: {}, b: {}}}",
         ['state "in any state" as any', "any --> b : halt", "[*] --> a", "a", "b"]),
        ("{initial: end, states: {end: {}, 'x:y': {}, state: {}}}",
         ["[*] --> s_end_", 'state "end" as s_end_', 'state "x#58;y" as x_y', 'state "state" as s_state_']),
    ],
)  # fmt: skip
def test_a_machine_is_drawn_in_these_lines(machine: str, expected: list[str]) -> None:
    found = export_mermaid(document(machine, vars={"n": {"type": "int"}})).text
    assert [line.strip() for line in found.splitlines()] == ["stateDiagram-v2", *expected]


def test_a_network_is_drawn_node_by_node_with_its_edges() -> None:
    nodes = parse_yaml(
        "{src: {use: source@1, title: The source, with: {interval: 5}}, own: {machine: {initial: a, states: {a: {}}}}}"
    )
    edges = [{"from": "src.out", "to": "own.in"}]
    found = export_mermaid({"format": "actum/1", "name": "net", "nodes": nodes, "edges": edges}).text
    assert found.splitlines()[1:] == [
        '    state "The source" as src',
        "    src : source@1",
        "    src : interval = 5",
        "    state own {",
        "        [*] --> a",
        "        a",
        "    }",
        "    src --> own",
    ]


def test_what_a_drawing_has_no_place_for_is_told() -> None:
    template = load_yaml(EXAMPLES / "order-approval.yaml")
    pointers = {problem.pointer for problem in export_mermaid(template).problems}
    assert {"/rules", "/vars", "/events", "/input"} <= pointers


def test_what_is_no_template_is_not_drawn() -> None:
    with pytest.raises(Invalid):
        export_mermaid({"format": "actum/1"})


@pytest.mark.parametrize(
    ("delay", "words"),
    [("259200s", "3d"), ("5400s", "1h30m"), ("0.5s", "0.5s"), ("90s", "1m30s"), ("0s", "0s")],
)
def test_a_delay_is_told_as_people_write_it(delay: str, words: str) -> None:
    assert duration_words(delay) == words


@pytest.mark.parametrize(
    "text", ["a: b; c #58; d%%", 'x "y" <z> & `w` \\', "[[fork]] direction LR", "end note", "Grün 日本"]
)
def test_a_label_says_what_it_was_made_of(text: str) -> None:
    assert unlabel(label(text)) == text
    assert not set(label(text)) & set(':%<>&"`\\\n')


def test_a_drawing_of_a_flat_machine_reads_back_as_it_was() -> None:
    machine = """
        initial: red
        on: [{event: fault, target: off}]
        states:
          - {id: red, exit: [{assign: {waits: "false"}}], on: [{event: tick, target: green}]}
          - id: green
            on:
              - {event: tick, guard: vars.waits || vars.n > 3, target: red, actions: [{assign: {n: "0"}}]}
              - {event: button, actions: [{assign: {waits: "true"}}]}
          - {id: "off", after: [{delay: 90s, target: red}]}
    """
    given = document(machine, vars={"waits": {"type": "any"}, "n": {"type": "any"}})
    drawn = export_mermaid(given).text
    again = import_mermaid(drawn).document
    assert export_mermaid(again).text == drawn
    assert [problem for problem in check_template(again) if problem.severity == "error"] == []


# --- The parser of Mermaid itself -----------------------------------------------------------------------------

judged = pytest.mark.skipif(
    shutil.which("node") is None or not (JUDGE / "node_modules/mermaid").is_dir(),
    reason="Mermaid's parser is not installed: npm ci --prefix tests/core/formats/mermaid",
)


def complaints(texts: list[str]) -> list[str | None]:
    done = subprocess.run(
        ["node", "parse.mjs"],
        cwd=JUDGE,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: list[str | None] = json.loads(done.stdout)
    return found


WORDS = (
    *(
        "state",
        "end note",
        "style a:#b;",
        "classDef x:#1;",
        "-->",
        "--",
        "[*]",
        "<<choice>>",
        "[[fork]]",
        "{",
        "}",
    ),
    *(
        '"',
        "'",
        "%% c",
        "%%{init: {}}%%",
        ":",
        ";",
        "#58;",
        "#",
        "<br/>",
        "`",
        "é",
        "日本",
        "\u2028",
        "direction LR",
    ),
    *("note", "---", "a"),
)
NAMES = (
    *(
        "state",
        "end",
        "note",
        "default",
        "a-b",
        "x.y",
        "_z",
        "class",
        "End1",
        "my_direction",
        "LR",
        "s:1",
        "click",
    ),
)


def _hostile(chance: random.Random) -> dict[str, Any]:
    """A machine whose names and texts are full of what Mermaid takes for its own."""
    names = chance.sample(NAMES, 4)

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=4))

    def state() -> dict[str, Any]:
        leading = {
            "event": chance.choice(("a:b", "style", "-->", "end", '"')),
            "guard": "vars.n ? 1 : 2",
            "target": chance.choice(names),
            "actions": [{"log": text()}],
        }
        inner = {"event": "q", "actions": [{"log": text()}]}
        return {"title": text(), "entry": [{"log": text()}], "on": [leading, inner]}

    states = {name: state() for name in names}
    states[names[0]] |= {"states": {"inner_1": {"title": text()}, "inner_2": {"title": text()}}}
    states[names[0]] |= {"type": "parallel"} if chance.random() < 0.5 else {}
    return document({"initial": names[0], "states": states}, vars={"n": {"type": "any"}})


@judged
def test_mermaid_parses_every_example_component_and_hostile_name_and_what_is_read_here() -> None:
    documents = [load_document(name, version) for name, version in BUILTINS.items()]
    documents += [load_yaml(path) for path in sorted(EXAMPLES.glob("*.yaml")) if path.stem != "demo"]
    documents += [_hostile(random.Random(number)) for number in range(25)]
    texts = [export_mermaid(each).text for each in documents]  # type: ignore[arg-type]
    texts += ["stateDiagram-v2\n" + text + "\n" for text, _ in READ]
    assert [
        (text, told) for text, told in zip(texts, complaints(texts), strict=True) if told is not None
    ] == []


@pytest.mark.parametrize("name", ["state", "end", "my_direction", "LR", "a-b", "1st", "", "日本"])
def test_no_id_is_a_word_of_mermaid(name: str) -> None:
    found = plain_id(name)
    assert found.isidentifier()
    assert found.isascii()
    assert found != name
