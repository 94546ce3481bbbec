"""Is the process alive, may it be sent requests, and what does it measure: asked by machines, without a caller."""

import asyncio
from dataclasses import dataclass
from typing import Final

from litestar import Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from actum.orgs.guard import PUBLIC
from actum.platform import migrations
from actum.platform.database import Database
from actum.platform.slices import Routes
from actum.platform.wire import Told
from actum_core.errors import ActumError

#: Seconds a readiness question may take: balancers ask every few seconds.
READY_SECONDS_MAX: Final = 2.0


class Health(Told, frozen=True, kw_only=True):
    """The process is alive."""

    status: str = "ok"


class Readiness(Told, frozen=True, kw_only=True):
    """Whether requests may be sent here, and what each part says of itself: `ok` or why not."""

    status: str
    database: str
    migrations: str
    draining: bool


_NOT_READY: Final = {
    503: ResponseSpec(Readiness, generate_examples=False, description="Send requests elsewhere for now.")
}


@dataclass(slots=True)
class Drain:
    """Set once, when the server is asked to stop: from then on it is not ready."""

    is_draining: bool = False


class HealthRoutes(Routes):
    """The handlers, over what they look at."""

    def __init__(self, database: Database, registry: CollectorRegistry, drain: Drain) -> None:
        self._database = database
        self._registry = registry
        self._drain = drain

    def router(self) -> Router:
        handlers = [
            get("/v1/health", opt=PUBLIC)(self.get_health),
            get("/v1/ready", opt=PUBLIC, responses=_NOT_READY)(self.get_readiness),
            get("/v1/metrics", opt=PUBLIC, media_type="text/plain")(self.get_metrics),
        ]
        return Router("/", route_handlers=handlers, tags=["operations"])

    async def get_health(self) -> Health:
        """Tell that the process is alive. It looks at nothing else, so that a lost database restarts no server."""
        return Health()

    async def get_readiness(self) -> Response[Readiness]:
        """Tell whether requests may be sent here: the database answers, has every migration, and nobody is leaving."""
        database, schema = await self._look()
        is_ready = database == schema == "ok" and not self._drain.is_draining
        told = Readiness(
            status="ready" if is_ready else "not ready",
            database=database,
            migrations=schema,
            draining=self._drain.is_draining,
        )
        return Response(told, status_code=200 if is_ready else 503)

    async def get_metrics(self) -> Response[str]:
        """Tell every metric in Prometheus' text format. Nothing in it names an org."""
        return Response(generate_latest(self._registry).decode(), media_type=CONTENT_TYPE_LATEST)

    async def _look(self) -> tuple[str, str]:
        try:
            async with asyncio.timeout(READY_SECONDS_MAX), self._database.transaction_without_org() as tx:
                try:
                    missing = await migrations.check_applied(tx)
                except ActumError as error:
                    return "ok", error.code
        except TimeoutError:
            return "no answer in time", "unknown"
        except ActumError as error:
            return error.code, "unknown"
        return "ok", "ok" if not missing else f"{len(missing)} missing"
