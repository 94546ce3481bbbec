"""What an SCXML document becomes, and what is told of what it cannot become."""

from typing import Any

import pytest

from actum_core.errors import Invalid
from actum_core.formats.result import Imported
from actum_core.formats.scxml import import_scxml
from actum_core.formats.xml_reader import parse_xml
from actum_core.limits import IMPORT_CHARACTERS_MAX, XML_DEPTH_MAX, XML_ELEMENTS_MAX
from actum_core.template import check_template

NAMESPACE = 'xmlns="http://www.w3.org/2005/07/scxml"'


def imported(inside: str, model: str = "cel", **others: Any) -> Imported:
    text = f'<scxml {NAMESPACE} version="1.0" name="chart" datamodel="{model}">\n{inside}\n</scxml>'
    return import_scxml(text, **others)


def told(found: Imported) -> list[tuple[str, str, str]]:
    return [(problem.severity, problem.pointer, problem.code) for problem in found.problems]


def test_a_chart_becomes_a_template() -> None:
    found = imported("""
      <datamodel><data id="count" expr="0"/><data id="labels">["a", "b"]</data></datamodel>
      <state id="idle">
        <onentry><log label="idle" expr="vars.count"/></onentry>
        <transition event="go stop.*" cond="vars.count &lt; 3" target="busy">
          <assign location="count" expr="vars.count + 1"/>
          <send event="tick" delay="1.5s" id="t"><param name="n" expr="vars.count"/></send>
        </transition>
      </state>
      <state id="busy"><transition target="idle"/></state>""")
    assert found.problems == ()
    assert found.document == {
        "format": "actum/1",
        "name": "chart",
        "vars": {"count": {"initial": 0}, "labels": {"initial": ["a", "b"]}},
        "machine": {
            "initial": ["idle"],
            "states": [
                {
                    "id": "idle",
                    "entry": [[{"log": {"label": "idle", "value": "=vars.count"}}]],
                    "on": [
                        {
                            "event": "go stop",
                            "target": ["busy"],
                            "guard": "vars.count < 3",
                            "actions": [
                                {"assign": {"count": "vars.count + 1"}},
                                {
                                    "send": {
                                        "event": "tick",
                                        "data": {"n": "=vars.count"},
                                        "id": "t",
                                        "delay": "1.5s",
                                    }
                                },
                            ],
                        }
                    ],
                },
                {"id": "busy", "always": [{"target": ["idle"]}]},
            ],
        },
    }
    assert [problem for problem in check_template(found.document) if problem.severity == "error"] == []


def test_ecmascript_is_told_in_the_expression_language() -> None:
    found = imported(
        """<datamodel><data id="x" expr="[1, 2]"/></datamodel>
        <state id="a"><transition event="e" cond="x.length === 2 &amp;&amp; In('a')" target="a"/></state>""",
        "ecmascript",
    )
    assert found.document["vars"] == {"x": {"initial": "=[1, 2]"}}
    [state] = found.document["machine"]["states"]
    assert state["on"][0]["guard"] == "size(vars.x) == 2 && in_state('a')"


@pytest.mark.parametrize(
    ("inside", "model", "expected"),
    [
        ('<state id="a"><spin/></state>', "cel", [("error", "/scxml/state[1]/spin[1]", "unknown_element")]),
        (
            '<state id="a"><onentry><script>x = 1</script></onentry></state>',
            "cel",
            [("error", "/scxml/state[1]/onentry[1]/script[1]", "script")],
        ),
        (
            '<state id="a"><onentry><script>for (;;) {}</script></onentry></state>',
            "ecmascript",
            [("error", "/scxml/state[1]/onentry[1]/script[1]", "not_translated")],
        ),
        (
            '<state id="a"><onentry><script src="x.js"/></onentry></state>',
            "ecmascript",
            [("error", "/scxml/state[1]/onentry[1]/script[1]/@src", "unresolved_source")],
        ),
        (
            '<state id="a"><transition event="e" cond="x =&gt; 1"/></state>',
            "ecmascript",
            [("error", "/scxml/state[1]/transition[1]/@cond", "not_translated")],
        ),
        (
            '<state id="a"><transition event="e" cond="missing &gt; 1"/></state>',
            "ecmascript",
            [("warning", "/scxml/state[1]/transition[1]/@cond", "fails_when_run")],
        ),
        (
            '<state id="a"><transition event="e" cond="vars.missing"/></state>',
            "cel",
            [("error", "/scxml/state[1]/transition[1]/@cond", "fails_when_run")],
        ),
        (
            '<state id="a"><transition event="e" cond="1 + 1"/></state>',
            "cel",
            [("warning", "/scxml/state[1]/transition[1]/@cond", "fails_when_run")],
        ),
        (
            '<state id="a"><transition event="e" cond="x"/></state>',
            "xpath",
            [
                ("error", "/scxml/@datamodel", "unsupported"),
                ("error", "/scxml/state[1]/transition[1]/@cond", "unsupported"),
            ],
        ),
        (
            '<state id="a"><onentry><send event="e" type="http"/></onentry></state>',
            "cel",
            [("error", "/scxml/state[1]/onentry[1]/send[1]/@type", "unsupported")],
        ),
        (
            '<state id="a"><onentry><send event="e" delay="soon"/></onentry></state>',
            "cel",
            [("error", "/scxml/state[1]/onentry[1]/send[1]/@delay", "bad_value")],
        ),
        (
            '<state id="a"><invoke src="b.scxml"/></state>',
            "cel",
            [("error", "/scxml/state[1]/invoke[1]/@src", "unresolved_source")],
        ),
        (
            '<state id="a"><transition event="e" target="b"/></state>',
            "cel",
            [("error", "/scxml/state[1]/transition[1]/@target", "unknown_state")],
        ),
        ('<state id="a" color="red"/>', "cel", [("error", "/scxml/state[1]/@color", "unknown_attribute")]),
        ('<state id="é"/>', "cel", [("warning", "/scxml/state[1]/@id", "renamed")]),
        (
            '<datamodel><data id="a"/><data id="a" expr="1"/></datamodel><state id="s"/>',
            "cel",
            [],
        ),
        (
            '<datamodel><data id="a" expr="2"/><data id="a" expr="1"/></datamodel><state id="s"/>',
            "cel",
            [("error", "/scxml/datamodel[1]/data[2]/@id", "duplicate")],
        ),
    ],
)
def test_what_is_lost_is_told_with_its_place(
    inside: str, model: str, expected: list[tuple[str, str, str]]
) -> None:
    found = imported(inside, model)
    assert told(found) == expected
    assert all(problem.detail.startswith("line 2, column ") for problem in found.problems[-1:])


def test_a_problem_is_an_error_where_the_meaning_is_not_kept() -> None:
    assert not imported('<state id="a"><spin/></state>').is_complete
    assert imported('<state id="é"/>').is_complete


def test_other_documents_are_only_those_that_were_given() -> None:
    child = f'<scxml {NAMESPACE} name="kid"><final id="end"/></scxml>'
    inside = '<state id="a"><invoke src="file:kid.scxml" id="k"/></state>'
    found = imported(inside, sources={"kid.scxml": child})
    assert found.document["machines"] == {
        "kid": {"machine": {"initial": ["end"], "states": [{"id": "end", "type": "final"}]}}
    }
    assert found.document["machine"]["states"][0]["invoke"] == [{"use": "kid", "id": "k"}]
    assert check_template(found.document) == ()


def test_a_chart_may_invoke_itself() -> None:
    inside = '<state id="a"><invoke src="me.scxml"/></state>'
    found = imported(inside, sources={"me.scxml": f"<scxml {NAMESPACE}>{inside}</scxml>"})
    assert list(found.document["machines"]) == ["me"]
    assert found.is_complete


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed_xml"),
        ("<scxml>", "malformed_xml"),
        ("<scxml>&bomb;</scxml>", "malformed_xml"),
        ("<svg/>", "not_scxml"),
        ("<scxml xmlns='urn:other'/>", "not_scxml"),
        ('<!DOCTYPE scxml [<!ENTITY a "b">]><scxml>&a;</scxml>', "doctype"),
        ('<!DOCTYPE scxml SYSTEM "file:///etc/passwd"><scxml/>', "doctype"),
        ("<scxml>\ud800</scxml>", "malformed_xml"),
        ("<scxml>" + " " * IMPORT_CHARACTERS_MAX + "</scxml>", "too_large"),
    ],
)
def test_what_is_no_chart_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        import_scxml(text)
    assert refused.value.problems[0].code == code


def test_the_depth_of_xml_is_bounded() -> None:
    assert parse_xml("<a>" * XML_DEPTH_MAX + "</a>" * XML_DEPTH_MAX).name == "a"
    with pytest.raises(Invalid) as refused:
        parse_xml("<a>" * (XML_DEPTH_MAX + 1) + "</a>" * (XML_DEPTH_MAX + 1))
    assert refused.value.problems[0].code == "too_deep"


def test_the_number_of_elements_is_bounded() -> None:
    assert len(parse_xml(f"<a>{'<b/>' * (XML_ELEMENTS_MAX - 1)}</a>").children) == XML_ELEMENTS_MAX - 1
    with pytest.raises(Invalid) as refused:
        parse_xml(f"<a>{'<b/>' * XML_ELEMENTS_MAX}</a>")
    assert refused.value.problems[0].code == "too_many"


def test_the_sources_are_bounded() -> None:
    with pytest.raises(Invalid):
        imported("<final/>", sources={"a": "x" * (IMPORT_CHARACTERS_MAX + 1)})
