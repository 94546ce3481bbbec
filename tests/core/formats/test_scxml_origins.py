"""What a chart can ask an error event: which element failed, where it stands, and why."""

import json

import pytest

from actum_core.formats.result import Imported
from actum_core.formats.scxml import import_scxml
from actum_core.limits import ERROR_ORIGINS_BYTES_MAX

from ..conformance.virtual_time import Execution

TELLING = """
  <transition event="error">
    <assign location="told" expr="told.concat([[_event.data.tagname, _event.data.line, _event.data.column]])"/>
    <assign location="why" expr="why.concat([_event.data.reason])"/>
  </transition>"""

#: What fails, with the element that the error is one of and its line; each begins in line 6.
FAILING = [
    ('<onentry><log expr="gone"/></onentry>', "log", 6),
    ('<onentry>\n<assign location="told" expr="gone"/></onentry>', "assign", 7),
    ('<onentry><assign location="gone" expr="1"/></onentry>', "assign", 6),
    ('<onentry><if cond="gone"><log expr="1"/></if></onentry>', "if", 6),
    ('<onentry>\n<if cond="true">\n<log expr="gone"/></if></onentry>', "log", 8),
    ('<onentry><if cond="false"><log/><else/>\n<log expr="gone"/></if></onentry>', "log", 7),
    ('<onentry><foreach array="gone" item="i"><log/></foreach></onentry>', "foreach", 6),
    ('<onentry><foreach array="[1]" item="i">\n<log expr="gone"/></foreach></onentry>', "log", 7),
    ("<onentry>\n\n<script>told.push(gone)</script></onentry>", "script", 8),
    ("<onentry><script>if (told) { gone() }</script></onentry>", "script", 6),
    ('<onentry><send event="e"><param name="p" expr="gone"/></send></onentry>', "send", 6),
    ('<onentry><send eventexpr="gone"/></onentry>', "send", 6),
    ('<onentry><send event="e" target="!wrong"/></onentry>', "send", 6),
    ('<onentry><send event="e" delayexpr="gone"/></onentry>', "send", 6),
    ('<onentry><cancel sendidexpr="gone"/></onentry>', "cancel", 6),
    ('<transition cond="gone" target="after"/>', "transition", 6),
    ('<transition\nevent="never"/><transition cond="gone" target="after"/>', "transition", 7),
    ('<transition target="after"><log expr="gone"/></transition>', "log", 6),
    ('<onexit><log expr="gone"/></onexit><transition target="after"/>', "log", 6),
    (
        '<initial><transition target="in">\n<log expr="gone"/></transition></initial><state id="in"/>',
        "log",
        7,
    ),
    (
        '<initial><transition target="h"/></initial><state id="in"/>\n'
        '<history id="h"><transition target="in"><log expr="gone"/></transition></history>',
        "log",
        7,
    ),
    ('<onentry><if cond="false"><log/>\n<elseif cond="gone"/><log/></if></onentry>', "elseif", 7),
    ('<onentry><send event="e"><param name="finalize" expr="gone"/></send></onentry>', "send", 6),
    (
        '<transition target="f"/></state>\n<final id="f"><donedata><param name="p" expr="gone"/></donedata></final>'
        '<state id="more">',
        "donedata",
        7,
    ),
    (
        '<transition target="f"/></state>\n<final id="f"><donedata><content expr="gone"/></donedata></final>'
        '<state id="more">',
        "donedata",
        7,
    ),
    ('<invoke srcexpr="gone"/>', "invoke", 6),
    (
        '<invoke><param name="p" expr="gone"/><content><scxml><final id="f"/></scxml></content></invoke>',
        "invoke",
        6,
    ),
]


def imported(inside: str) -> Imported:
    return import_scxml(
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="chart" datamodel="ecmascript">'
        f'<datamodel><data id="told" expr="[]"/><data id="why" expr="[]"/></datamodel><state id="top">{TELLING}'
        f'\n<state id="s">{inside}</state><state id="after"/></state></scxml>'
    )


@pytest.mark.parametrize(("inside", "name", "line"), FAILING)
def test_an_error_says_which_element_failed(inside: str, name: str, line: int) -> None:
    execution = Execution(imported(inside).document)
    told, why = execution.state.vars["told"], execution.state.vars["why"]
    assert [each[:2] for each in told] == [[name, line]]
    assert all(isinstance(each[2], int) for each in told)
    assert len(why) == 1
    assert why[0]


def test_other_events_have_only_what_was_sent_with_them() -> None:
    execution = Execution(
        imported("""
      <transition event="own">
        <script>told.push([_event.data.tagname, _event.data.reason, typeof _event.data.line == 'undefined']);</script>
        <script>why.push(_event.data.tagname.length);</script>
      </transition>""").document
    )
    execution.post("own", {"tagname": "mine", "message": "said", "place": "/states/s/transitions/0/guard"})
    assert execution.state.vars["told"] == [["mine", None, True]]
    assert execution.state.vars["why"] == [4]


def test_a_chart_within_a_chart_has_places_of_its_own() -> None:
    child = f"""<scxml name="inner" datamodel="ecmascript">
      <datamodel><data id="told" expr="[]"/><data id="why" expr="[]"/></datamodel>
      <state id="s">{TELLING}<onentry><log expr="gone"/></onentry>
      <transition cond="told.length == 1" target="f"/></state>
      <final id="f"><donedata><param name="told" expr="told"/></donedata></final></scxml>"""
    execution = Execution(
        imported(f"""
      <invoke><content>{child}</content></invoke>
      <transition event="done.invoke"><assign location="told" expr="_event.data.told"/></transition>""").document
    )
    assert [each[0] for each in execution.state.vars["told"]] == ["log"]


def test_a_chart_that_does_not_ask_is_spared_the_table() -> None:
    found = import_scxml(
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript"><state id="s">'
        '<transition event="error" cond="_event.data.code"><log expr="1"/></transition></state></scxml>'
    )
    assert "vars" not in found.document


def test_an_event_that_is_asked_for_its_reason_alone_needs_no_table() -> None:
    found = import_scxml(
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript"><state id="s">'
        '<transition event="error" cond="_event.data.reason"><log expr="1"/></transition></state></scxml>'
    )
    assert "vars" not in found.document


def test_early_data_and_top_level_scripts_are_elements_too() -> None:
    found = import_scxml(
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="ecmascript">\n'
        '<datamodel><data id="told" expr="[]"/><data id="why" expr="[]"/>\n<data id="z" expr="gone"/></datamodel>'
        f"\n<script>gone()</script><state id='s'>{TELLING}</state></scxml>"
    )
    told = Execution(found.document).state.vars["told"]
    assert [each[:2] for each in told] == [["data", 3], ["script", 4]]


def test_places_are_told_up_to_a_bound() -> None:
    def logging(number: int) -> Imported:
        actions = '<log expr="gone"/>' * number
        return imported(f"<onentry>{actions}</onentry>")

    most = next(
        number
        for number in range(1, 1_000)
        if not logging(number + 1).document["vars"]["chart_places"]["initial"]
    )
    whole, cut = logging(most), logging(most + 1)
    table = whole.document["vars"]["chart_places"]["initial"]
    assert ERROR_ORIGINS_BYTES_MAX / 2 < len(json.dumps(table)) < 1.5 * ERROR_ORIGINS_BYTES_MAX
    assert "unsupported" not in {problem.code for problem in whole.problems}
    assert [(problem.pointer, problem.code) for problem in cut.problems if problem.severity == "error"] == [
        ("/scxml", "unsupported")
    ]
    execution = Execution(cut.document)
    assert execution.state.vars["told"] == [[None, None, None]]
