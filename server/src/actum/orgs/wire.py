"""What the routes of orgs and access tokens take and tell, field by field."""

from datetime import datetime

import msgspec

from actum.orgs import store
from actum.orgs.access import Permission, Role
from actum.orgs.access_tokens import Made, Wanted
from actum.platform.wire import Instant, Label, Received, Told
from actum_core.identifiers import Prefix, format_identifier


class OrgTold(Told, frozen=True, kw_only=True, tag_field="object", tag="org"):
    """An org: the isolation boundary of everything else."""

    id: str
    slug: str
    name: str
    log_name: str
    created_at: datetime


class OrgChange(Received, frozen=True, kw_only=True):
    """What may be changed of an org."""

    name: Label


class AccessTokenWanted(Received, frozen=True, kw_only=True):
    """A token to make. Without `scopes` it has all that its role has; without `expiresAt` it lives 90 days."""

    name: Label
    role: Role
    scopes: list[Permission] | None = None
    expires_at: Instant | None = None

    def wanted(self) -> Wanted:
        return Wanted(
            name=self.name,
            role=self.role,
            scopes=None if self.scopes is None else frozenset(self.scopes),
            expires_at=self.expires_at,
        )


class AccessTokenTold(Told, frozen=True, kw_only=True, tag_field="object", tag="accessToken"):
    """What is known of an access token; its text is not kept."""

    id: str
    org_id: str
    name: str
    display: str
    role: Role
    scopes: list[str] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class AccessTokenMade(AccessTokenTold, frozen=True, kw_only=True):
    """A new access token. `token` is its text, told this once: a repeated request gets null."""

    token: str | None


def org_told(org: store.Org) -> OrgTold:
    return OrgTold(
        id=format_identifier(Prefix.ORG, org.org_id),
        slug=org.slug,
        name=org.name,
        log_name=org.log_name,
        created_at=org.created_at,
    )


def token_told(token: store.AccessToken) -> AccessTokenTold:
    return AccessTokenTold(
        id=format_identifier(Prefix.ACCESS_TOKEN, token.token_id),
        org_id=format_identifier(Prefix.ORG, token.org_id),
        name=token.name,
        display=token.display,
        role=token.role,
        scopes=None if token.scopes is None else list(token.scopes),
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
    )


def made_told(made: Made) -> AccessTokenMade:
    return AccessTokenMade(**msgspec.structs.asdict(token_told(made.token)), token=made.text)
