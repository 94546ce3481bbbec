"""HTTP routes that try a template's rules on an event. Nothing is stored."""

from typing import Final

from litestar import Router, post
from litestar.params import FromPath, JSONBody

from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.clock import Clock
from actum.platform.database import Database
from actum.platform.http_errors import RequestInvalid
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum.templates.designs import Designs, VersionOrDraft
from actum.templates.documents import Document, compiled_or_refuse, decode_document, encode_document, kind_of
from actum.templates.programs import ProgramCache
from actum.templates.routes import BODY_BYTES_MAX, TEMPLATES
from actum.templates.rules_trial import DocumentTrialReceived, RulesTrial, TrialReceived, try_event
from actum.templates.store import DesignKind
from actum_core.errors import Problem
from actum_core.template import Program

_OF_VERSION: Final = TEMPLATES + "/{template:str}/versions/{version:str}/rules/test"


class RulesRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, database: Database, clock: Clock, programs: ProgramCache, templates: Designs) -> None:
        self._database = database
        self._clock = clock
        self._programs = programs
        self._templates = templates

    def router(self) -> Router:
        """Every route with the permission it needs."""
        read = permit(Permission.TEMPLATES_READ)
        handlers = [
            post(_OF_VERSION, opt=read, status_code=200)(self.test_rules_of_version),
            post("/v1/rules/test", opt=read, status_code=200)(self.test_rules_of_document),
        ]
        return Router("/", route_handlers=handlers, tags=["templates"], request_max_body_size=BODY_BYTES_MAX)

    async def test_rules_of_version(
        self,
        request: ApiRequest,
        template: FromPath[str],
        version: VersionOrDraft,
        data: JSONBody[TrialReceived],
    ) -> RulesTrial:
        """Try the rules of a published version, or of the draft, on an event. Nothing is stored."""
        caller: Caller = request.user
        found = await self._templates.load_published(caller, template, version)
        if isinstance(found, bytes):
            program = await self._compile(caller, decode_document(found))
        else:
            async with self._database.transaction(caller.org_id) as tx:
                program = await self._programs.load(tx, caller.org_id, found.program_digest)
        return await try_event(program, data, self._clock.now())

    async def test_rules_of_document(
        self, request: ApiRequest, data: JSONBody[DocumentTrialReceived]
    ) -> RulesTrial:
        """Try the rules of a template that need not be stored on an event. Nothing is stored."""
        encode_document(data.document)
        if kind_of(data.document) is not DesignKind.TEMPLATE:
            problem = Problem("/document/kind", "bad_value", "a component has no rules")
            raise RequestInvalid([problem])
        program = await self._compile(request.user, data.document)
        return await try_event(program, data, self._clock.now())

    async def _compile(self, caller: Caller, document: Document) -> Program:
        """Raises TemplateInvalid."""
        compiled = compiled_or_refuse(DesignKind.TEMPLATE, await self._templates.compile(caller, document))
        assert isinstance(compiled, Program)
        return compiled
