"""What an operator may set: `ACTUM_*` environment variables, secrets also as `ACTUM_*_FILE`."""

import os
import pwd
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from actum.platform import limits
from actum.platform.database import PoolSize
from actum.platform.postgres_cluster import can_traverse
from actum_core.errors import ActumError

_PREFIX = "ACTUM_"
_SYSTEM_DATA_DIR = Path("/var/lib/actum")


class SettingsInvalid(ActumError):
    """Correct the environment variables that the message names."""

    code: ClassVar[str] = "settings_invalid"


class LogLevel(StrEnum):
    """The least severe line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """For people at a terminal, or one JSON object a line."""

    CONSOLE = "console"
    JSON = "json"


def default_data_dir() -> Path:
    """Return `$XDG_DATA_HOME/actum`, or /var/lib/actum for a root whose home is closed to other users.

    PostgreSQL refuses to run as root, and the user it then runs as must reach its files.
    """
    base = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification says to ignore a relative path.
    chosen = Path(base) / "actum" if Path(base).is_absolute() else Path.home() / ".local" / "share" / "actum"
    if os.geteuid() == 0 and not _is_open_to_others(chosen):
        return _SYSTEM_DATA_DIR
    return chosen


def _is_open_to_others(path: Path) -> bool:
    nobody = pwd.getpwnam("nobody")
    return all(
        can_traverse(parent, nobody.pw_uid, nobody.pw_gid) for parent in path.parents if parent.exists()
    )


class _SecretFileSource(PydanticBaseSettingsSource):
    """Reads a secret from the file that `ACTUM_<NAME>_FILE` names, as container platforms mount them."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{_PREFIX}{field_name.upper()}"
        path = os.environ.get(f"{variable}_FILE")
        if not path or SecretStr not in (field.annotation, *getattr(field.annotation, "__args__", ())):
            return None, field_name, False
        if os.environ.get(variable):
            raise SettingsInvalid(f"{variable} and {variable}_FILE are both set: keep one")
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsInvalid(f"{variable}_FILE: {path} cannot be read ({error})") from error

    def __call__(self) -> dict[str, Any]:
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value is not None}


class Settings(BaseSettings):
    """All settings, checked. `load_settings` reads them."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    #: Where the data is; absent means the embedded PostgreSQL in `data_dir`.
    database_url: SecretStr | None = None
    #: The tables' owner, for migrations; absent means the login of `database_url`.
    migrate_database_url: SecretStr | None = None
    data_dir: Path = Field(default_factory=default_data_dir)

    #: Only this machine, until somebody decides otherwise.
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8400

    log_level: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.CONSOLE

    pool_size_min: Annotated[int, Field(ge=1, le=100)] = 2
    pool_size_max: Annotated[int, Field(ge=1, le=100)] = 10

    #: Inputs of one execution between two snapshots.
    snapshot_every_inputs: Annotated[int, Field(ge=1)] = 1_000
    #: Events gathered into one commit.
    batch_events_max: Annotated[int, Field(ge=1, le=limits.TRANSACTION_ORGS_MAX)] = limits.BATCH_EVENTS_MAX
    #: Seconds between two comments on a silent stream, so that proxies keep it open.
    stream_heartbeat_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    #: Seconds from SIGTERM until what still runs is cut off.
    shutdown_seconds_max: Annotated[float, Field(gt=0, le=300)] = 30.0

    @property
    def is_embedded(self) -> bool:
        """Whether the server runs its own PostgreSQL."""
        return self.database_url is None

    @property
    def pool_size(self) -> PoolSize:
        """The pool's bounds; the smaller number wins where they contradict each other."""
        return PoolSize(minimum=min(self.pool_size_min, self.pool_size_max), maximum=self.pool_size_max)

    @property
    def external_urls(self) -> tuple[str, str] | None:
        """The server's and the owner's URL of an external PostgreSQL; None means embedded. They hold passwords."""
        if self.database_url is None:
            return None
        owner = self.migrate_database_url or self.database_url
        return self.database_url.get_secret_value(), owner.get_secret_value()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given in code wins over the environment, and that over files."""
        return init_settings, env_settings, _SecretFileSource(settings_cls)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; what is given here wins. Raises SettingsInvalid naming every wrong variable."""
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        # The value itself is left out: it may be a secret.
        faults = (f"{_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise SettingsInvalid("; ".join(faults)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else ""
    return name.upper() if name.upper().startswith(_PREFIX) else f"{_PREFIX}{name.upper()}"
