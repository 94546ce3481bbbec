"""Make an org with its first admin token: done by the platform's owner on the command line, never over HTTP."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from actum.orgs import store
from actum.orgs.access import Role
from actum.orgs.access_tokens import Made, Wanted, issue_token
from actum.platform.clock import Clock
from actum.platform.database import Database
from actum.platform.limits import LABEL_LENGTH_MAX, TOKEN_LIFETIME_DAYS_DEFAULT
from actum_core.errors import ActumError
from actum_core.identifiers import Prefix, format_identifier, uuid7

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

#: Who made what the command line makes.
PLATFORM_OWNER: Final = "platform-owner"

#: An org whose log had to begin anew (a restore that lost entries others have seen) gets the next epoch.
FIRST_EPOCH: Final = 1


class OrgInvalid(ActumError):
    """Give a slug of lower-case letters, digits and hyphens (63 at most) and a name of at most 200 characters."""

    code: ClassVar[str] = "org_invalid"


@dataclass(frozen=True, slots=True)
class NewOrg:
    """An org and its first token, whose text is told this once."""

    org: store.Org
    admin_token: Made


async def create_org(database: Database, clock: Clock, slug: str, name: str) -> NewOrg:
    """Make an org and an admin token that lives the usual time. Raises OrgInvalid and OrgSlugTaken.

    The transaction acts for the new org only, so it needs no rights beyond the application's own.
    """
    if _SLUG.fullmatch(slug) is None or not 1 <= len(name) <= LABEL_LENGTH_MAX or not name.isprintable():
        raise OrgInvalid(f"{slug[:80]!r} named {name[:80]!r} cannot be an org")
    now = clock.now()
    org_id = uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10))
    org = store.Org(
        org_id=org_id,
        slug=slug,
        name=name,
        created_at=now,
        log_name=f"actum/{format_identifier(Prefix.ORG, org_id)}/{FIRST_EPOCH}",
    )
    expires_at = now + timedelta(days=TOKEN_LIFETIME_DAYS_DEFAULT)
    async with database.transaction(org_id) as tx:
        await store.insert_org(tx, org)
        wanted = Wanted(name="first admin token", role=Role.ADMIN)
        token = await issue_token(tx, now, org_id, (wanted, expires_at, PLATFORM_OWNER))
    return NewOrg(org, token)
