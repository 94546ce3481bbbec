"""The least a team would write by hand: lock the execution, move a three-state machine, keep the event, commit."""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Execution(Base):
    __tablename__ = "executions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    total: Mapped[int]
    updated_at: Mapped[datetime]


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    execution_id: Mapped[UUID] = mapped_column(ForeignKey("executions.id"))
    event_id: Mapped[str]
    type: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)


class EventBody(BaseModel):
    id: str
    type: str
    data: dict[str, Any]


class Answer(BaseModel):
    state: str
    total: int


async def session() -> AsyncIterator[AsyncSession]:
    async with new_session() as opened:
        yield opened


app = FastAPI()
NEXT = {"green": "amber", "amber": "red", "red": "green"}


def next_state(execution: Execution, event: EventBody) -> tuple[str, int]:
    """The machine: a tick that carries more than 5 moves on and is added up, any other changes nothing."""
    amount = event.data.get("amount", 0)
    if event.type == "tick" and amount > 5:
        return NEXT[execution.state], execution.total + amount
    return execution.state, execution.total


@app.post("/executions/{execution_id}/events")
async def post_event(
    execution_id: UUID, body: EventBody, db: Annotated[AsyncSession, Depends(session)]
) -> Answer:
    found = await db.execute(select(Execution).where(Execution.id == execution_id).with_for_update())
    execution = found.scalar_one_or_none()
    if execution is None:
        raise HTTPException(404, "no such execution")
    execution.state, execution.total = next_state(execution, body)
    execution.updated_at = func.now()
    db.add(Event(execution_id=execution_id, event_id=body.id, type=body.type, data=body.data))
    answer = Answer(state=execution.state, total=execution.total)
    try:
        await db.commit()
    except IntegrityError:
        raise HTTPException(409, "event already received") from None
    return answer
