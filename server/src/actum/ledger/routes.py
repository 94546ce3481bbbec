"""HTTP routes of the ledger: read it, and check that what is stored is what was recorded."""

from typing import Final
from uuid import UUID

from litestar import Router, get, post
from litestar.params import FromPath

from actum.ledger import store
from actum.ledger.check import check_execution, check_log
from actum.ledger.wire import (
    AfterSeq,
    CheckTold,
    EntryTold,
    FindingTold,
    SequencePage,
    SequencePageLimit,
    check_told,
    entry_told,
    finding_told,
    sequence_page,
)
from actum.orgs.access import Caller, Permission
from actum.orgs.guard import permit
from actum.platform.cursors import LIMIT_DEFAULT
from actum.platform.database import Database, Transaction
from actum.platform.http_errors import NotFound
from actum.platform.limits import FINDINGS_TOLD_MAX
from actum.platform.requests import ApiRequest
from actum.platform.slices import Routes
from actum_core.identifiers import IdentifierInvalid, Prefix, format_identifier, parse_identifier

_LEDGER: Final = "/v1/executions/{execution:str}/ledger"


class LedgerRoutes(Routes):
    """The handlers, over what they need."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def router(self) -> Router:
        """Every route with the permission it needs."""
        read, verify = permit(Permission.LEDGER_READ), permit(Permission.LEDGER_VERIFY)
        handlers = [
            get(_LEDGER, opt=read)(self.list_ledger_entries),
            post(_LEDGER + "/check", opt=verify, status_code=200)(self.check_execution_ledger),
            post("/v1/ledger/check", opt=verify, status_code=200)(self.check_org_ledger),
        ]
        return Router("/", route_handlers=handlers, tags=["ledger"])

    async def list_ledger_entries(
        self,
        request: ApiRequest,
        execution: FromPath[str],
        limit: SequencePageLimit = LIMIT_DEFAULT,
        after_seq: AfterSeq = 0,
    ) -> SequencePage[EntryTold]:
        """List an execution's ledger entries, in order."""
        caller: Caller = request.user
        async with self._database.transaction(caller.org_id) as tx:
            execution_id = await _find_execution(tx, caller, execution)
            entries = await store.list_entries(tx, (caller.org_id, execution_id), after_seq, limit + 1)
        name = format_identifier(Prefix.EXECUTION, execution_id)
        return sequence_page(
            entries, limit, lambda entry: entry_told(name, entry), lambda entry: entry.sequence
        )

    async def check_execution_ledger(self, request: ApiRequest, execution: FromPath[str]) -> CheckTold:
        """Verify an execution's chain and everything stored beside it; every difference is told with its place."""
        caller: Caller = request.user
        async with self._database.read_transaction(caller.org_id) as tx:
            report = await check_execution(tx, caller.org_id, await _find_execution(tx, caller, execution))
        del report.findings[FINDINGS_TOLD_MAX:]
        return check_told(report)

    async def check_org_ledger(self, request: ApiRequest) -> CheckTold:
        """Verify every execution of the org and the order of its log."""
        caller: Caller = request.user
        found: list[FindingTold] = []
        executions = entries = inputs = snapshots = 0
        async with self._database.read_transaction(caller.org_id) as tx:
            async for execution_id in store.iterate_execution_ids(tx, caller.org_id):
                report = await check_execution(tx, caller.org_id, execution_id)
                name = format_identifier(Prefix.EXECUTION, execution_id)
                found.extend(finding_told(name, finding) for finding in report.findings)
                executions += 1
                entries += report.entries
                inputs += report.inputs
                snapshots += report.snapshots
            found.extend([finding_told(None, finding) async for finding in check_log(tx, caller.org_id)])
        return CheckTold(
            execution_id=None,
            whole=not found,
            executions=executions,
            entries=entries,
            inputs=inputs,
            snapshots=snapshots,
            head_hash=None,
            findings=found[:FINDINGS_TOLD_MAX],
        )


async def _find_execution(tx: Transaction, caller: Caller, name: str) -> UUID:
    """An execution of the caller's org by id or external id. Raises NotFound."""
    try:
        execution_id: UUID | None = parse_identifier(Prefix.EXECUTION, name)
    except IdentifierInvalid:
        execution_id = None
    found = await store.find_execution_id(tx, caller.org_id, execution_id, name)
    if found is None:
        raise NotFound(f"there is no execution {name[:64]!r}")
    return found
