"""The route of simulations: what would happen to a template that need not be saved. Nothing is stored."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final

import msgspec
import structlog
from litestar import Router, post
from litestar.params import JSONBody
from litestar.response import Response

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform import limits
from actum.platform.database import Database
from actum.platform.http_errors import InternalError, NotFound, RequestInvalid, Unavailable
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.platform.wire import instant_text
from actum.templates import store
from actum.templates.designs import Designs
from actum.templates.documents import TemplateInvalid, encode_document, kind_of
from actum.templates.simulate_wire import SimulationTold, SimulationWanted
from actum.templates.store import DesignKind
from actum_core.errors import ActumError, Problem
from actum_core.simulation import ScriptInvalid, StartInvalid
from actum_core.simulation.script import parse_duration
from actum_core.template import Program

_log = structlog.get_logger()

#: A document, and events to happen to it.
_BODY_BYTES_MAX: Final = limits.DOCUMENT_BYTES_MAX + limits.REQUEST_BYTES_MAX
_QUIET: Final = "quiet"


class SimulationTooLarge(ActumError):
    """Simulate less at once: fewer events, a shorter time, without a trace, or on the command line."""

    code: ClassVar[str] = "simulation_too_large"


class SimulationRoutes(Routes):
    """The handler, over what it needs."""

    def __init__(self, database: Database, templates: Designs) -> None:
        self._database = database
        self._templates = templates
        self._turn = asyncio.Semaphore(limits.SIMULATIONS_AT_ONCE_MAX)
        self._waiting = 0

    def router(self) -> Router:
        """The route with the permission it needs."""
        read = permit(Permission.TEMPLATES_READ)
        handler = post("/v1/simulate", opt=read, status_code=200)(self.simulate_template)
        return Router(
            "/", route_handlers=[handler], tags=["templates"], request_max_body_size=_BODY_BYTES_MAX
        )

    async def simulate_template(
        self, request: ApiRequest, data: JSONBody[SimulationWanted]
    ) -> Response[SimulationTold]:
        """Let events happen to a template under a clock of its own, and tell what would follow. Nothing is stored.

        It is the engine of executions: given the ids, times and salts of an execution, its entries have the same
        bytes and hashes. Events that an execution would refuse are told as `refused`, and the others go on.
        """
        asked = _read(data)
        program, warnings = await self._find_program(request.user, data)
        asked["program"], asked["warnings"] = program.decode(), _describe(warnings)
        async with self._take_turn():
            answer = await _ask(asked)
        if answer.startswith((b'{"refused"', b'{"tooLarge"')):
            _refuse(json.loads(answer))
        return Response(msgspec.Raw(answer), media_type="application/json")  # type: ignore[arg-type]

    async def _find_program(
        self, caller: Caller, wanted: SimulationWanted
    ) -> tuple[bytes, Sequence[Problem]]:
        """The canonical form of the program that is meant, and the warnings about its document."""
        if (wanted.document is None) is (wanted.template is None):
            detail = "a simulation is of a document, or of a published template, and not of both"
            raise RequestInvalid([Problem("", "missing_field", detail)])
        if wanted.document is not None:
            if wanted.version is not None:
                detail = "a document has no version: leave it out, or name a published template"
                raise RequestInvalid([Problem("/version", "bad_value", detail)])
            encode_document(wanted.document)
            if kind_of(wanted.document) is DesignKind.COMPONENT:
                detail = "a component does nothing by itself: simulate a template that uses it"
                raise RequestInvalid([Problem("/document/kind", "bad_value", detail)])
            report = await self._templates.compile(caller, wanted.document)
            if not isinstance(report.compiled, Program):
                raise TemplateInvalid(report.problems)
            return report.compiled.canonical, report.problems
        return await self._find_published(caller, wanted), ()

    async def _find_published(self, caller: Caller, wanted: SimulationWanted) -> bytes:
        assert wanted.template is not None, "it was checked to be there"
        found = await self._templates.load(caller, wanted.template)
        number = found.latest_version if wanted.version is None else wanted.version
        async with self._database.transaction(caller.org_id) as tx:
            version = await store.find_version(tx, caller.org_id, found.template_id, number)
            canonical = None
            if version is not None:
                canonical = await store.find_program(tx, caller.org_id, version.program_digest)
        if canonical is None:
            raise NotFound(f"the template {found.name!r} has no version {number or 'yet'}")
        return canonical

    @asynccontextmanager
    async def _take_turn(self) -> AsyncIterator[None]:
        """Raises Unavailable when too many wait already."""
        if self._waiting >= limits.SIMULATIONS_WAITING_MAX:
            raise Unavailable("as many simulations as may be are waiting")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turn.release()


def _read(wanted: SimulationWanted) -> dict[str, Any]:
    """What the process is asked, but for the program. Raises RequestInvalid."""
    problems = []
    if len(wanted.events) > limits.SIMULATED_EVENTS_MAX:
        detail = f"at most {limits.SIMULATED_EVENTS_MAX} things may happen"
        problems.append(Problem("/events", "too_many", detail))
    if not 1 <= wanted.inputs_max <= limits.SIMULATED_INPUTS_MAX:
        problems.append(Problem("/inputsMax", "bad_value", f"from 1 to {limits.SIMULATED_INPUTS_MAX}"))
    if len(wanted.seed) > limits.LABEL_LENGTH_MAX:
        problems.append(Problem("/seed", "too_large", f"at most {limits.LABEL_LENGTH_MAX} characters"))
    until = None
    if wanted.until not in (None, _QUIET):
        try:
            until = parse_duration(wanted.until)
        except ScriptInvalid as error:
            problems.append(Problem("/until", "bad_value", error.problems[0].detail))
    if problems:
        raise RequestInvalid(problems)
    return {
        "input": wanted.input,
        "events": wanted.events,
        "outcomes": wanted.outcomes,
        "start": None if wanted.start is None else instant_text(wanted.start, "/start"),
        "until": until,
        "isToQuiet": wanted.until == _QUIET,
        "isTraced": wanted.trace,
        "seed": wanted.seed,
        "inputsMax": wanted.inputs_max,
        "bytesMax": limits.SIMULATED_BYTES_MAX,
        "answerBytesMax": limits.SIMULATION_ANSWER_BYTES_MAX,
        "memoryBytesMax": limits.SIMULATION_MEMORY_BYTES_MAX,
        "secondsMax": limits.SIMULATE_SECONDS_MAX,
    }


def _describe(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    return [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in problems]


async def _ask(asked: dict[str, Any]) -> bytes:
    """What the process answers. Raises SimulationTooLarge when it took too long or too much, and InternalError."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "actum.templates.simulator",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    question = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        async with asyncio.timeout(limits.SIMULATE_KILL_SECONDS):
            answer, said = await process.communicate(question)
    except TimeoutError:
        raise SimulationTooLarge(f"it took more than {limits.SIMULATE_KILL_SECONDS:g} seconds") from None
    finally:
        # Also when nobody waits for the answer any more.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return answer
    if b"MemoryError" in said:
        raise SimulationTooLarge("it took more memory than a simulation may")
    _log.error("simulation_crashed", status=process.returncode, said=said.decode(errors="replace")[-4_000:])
    raise InternalError("the simulation ended without an answer")


def _refuse(told: dict[str, Any]) -> None:
    """Raises ScriptInvalid, StartInvalid or SimulationTooLarge."""
    if "tooLarge" in told:
        bound = limits.SIMULATION_ANSWER_BYTES_MAX
        raise SimulationTooLarge(f"its answer would be {told['tooLarge']} bytes, more than {bound}")
    refusal = StartInvalid if told["refused"] == StartInvalid.code else ScriptInvalid
    raise refusal(Problem(*each) for each in told["problems"])
