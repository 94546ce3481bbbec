"""Store the state of an execution on demand; its head's state is what the last entry commits to."""

from uuid import UUID

from actum.executions import reading, store
from actum.platform.database import Row, Transaction
from actum_core.identifiers import derive_identifier


async def create_snapshot(tx: Transaction, org_id: UUID, found: Row) -> Row:
    """Store a snapshot of where an execution stands; where there is one already, that one."""
    snapshot_id = derive_identifier(found["execution_id"], "snapshot", found["sequence"])
    row = store.SnapshotRow(
        org_id=org_id,
        execution_id=found["execution_id"],
        sequence=found["sequence"],
        snapshot_id=snapshot_id,
        input_sequence=found["input_sequence"],
        state=found["state"],
        created_at=found["recorded_at"],
    )
    await store.insert_snapshots(tx, [row])
    stored = await reading.list_snapshots(tx, (org_id, found["execution_id"]), found["sequence"] + 1, 1)
    return stored[0]
