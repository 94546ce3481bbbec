"""Options that many commands share, declared once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Group, Parameter, validators

_GROUP = Group("Every command", sort_key=100)

JsonFlag = Annotated[
    bool,
    Parameter(
        name="--json", negative="", group=_GROUP, help="Write JSON to standard output and nothing else."
    ),
]
DataDir = Annotated[
    Path | None,
    Parameter(
        group=_GROUP,
        help="Where the embedded database and the credentials of `actum up` lie.  [default: ACTUM_DATA_DIR, else this "
        "user's data directory]",
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """How a command tells what it found."""

    is_json: JsonFlag = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """What a command needs that works on this machine's data."""

    data_dir: DataDir = None
    is_json: JsonFlag = False


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """Which server a command asks, and as whom."""

    url: Annotated[
        str | None,
        Parameter(
            env_var="ACTUM_URL", group=_GROUP, help="Address of the server.  [default: the one of `actum up`]"
        ),
    ] = None
    token: Annotated[
        str | None,
        Parameter(
            env_var="ACTUM_TOKEN", group=_GROUP, help="Access token.  [default: the one of `actum up`]"
        ),
    ] = None
    data_dir: DataDir = None
    is_json: JsonFlag = False


def _check_file_name(_: object, name: str | None) -> None:
    """`-` alone is standard input; what else begins like an option was meant as one."""
    if name is not None and name.startswith("-") and name != "-":
        raise ValueError(f"{name} is not a file; write ./{name} if it is")


#: A file, or `-` for standard input.
FileName = Annotated[str, Parameter(name="FILE", allow_leading_hyphen=True, validator=_check_file_name)]
FileOption = Annotated[
    str | None,
    Parameter(
        name="--file",
        allow_leading_hyphen=True,
        validator=_check_file_name,
        help="Events as JSON lines: type, data, id, source, occurredAt. `-` is standard input.",
    ),
]

UsedFiles = Annotated[
    tuple[str, ...],
    Parameter(
        name="--component",
        negative="",
        show_default=False,
        help="A file of an own component, or of a template to invoke, that is used; it stands for every version of its "
        "name. May be repeated.",
    ),
]
Limit = Annotated[
    int, Parameter(validator=validators.Number(gte=1, lte=10_000), help="How many are listed at most.")
]
ExecutionName = Annotated[
    str, Parameter(name="EXECUTION", help="An execution's id, or the external id it was started with.")
]

#: What commands get that are given none of these options.
DEFAULT_OUTPUT: Final = OutputOptions()
DEFAULT_LOCAL: Final = LocalOptions()
DEFAULT_SERVER: Final = ServerOptions()
