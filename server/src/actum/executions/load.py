"""Find the execution that a request names, among those of its caller's org."""

from actum.executions import reading
from actum.orgs.access import Caller
from actum.platform.database import Row, Transaction
from actum.platform.http_errors import NotFound
from actum_core.identifiers import Prefix, format_identifier


async def load_execution(tx: Transaction, caller: Caller, name: str) -> Row:
    """An execution of the caller's org by id or external id. Raises NotFound."""
    found = await reading.find_execution(tx, caller.org_id, name)
    if found is None:
        raise NotFound(f"there is no execution {name[:64]!r}")
    return found


def name_of(found: Row) -> str:
    """The id of a found execution."""
    return format_identifier(Prefix.EXECUTION, found["execution_id"])
