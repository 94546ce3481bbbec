"""`actum component`: publish, list, show and compare own components."""

from typing import Annotated

from cyclopts import Parameter

from actum.entrypoints.cli import designs
from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.designs import COMPONENT
from actum.entrypoints.cli.differences import VersionName, diff_design
from actum.entrypoints.cli.options import DEFAULT_SERVER, FileName, Limit, ServerOptions

app = make_group("component", "Publish, list, show and compare components.")

ComponentName = Annotated[str, Parameter(name="COMPONENT", help="A component's name or id.")]


@app.command(name="publish", help_epilogue=example("actum component publish doubler.yaml"))
def publish_components(
    first: FileName,
    /,
    *more: FileName,
    notes: str = "",
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Publish component files as new versions, which templates name as `name@version`;
    a component that is not there yet is created.

    They are published in the order in which they are given: what others are made of
    comes first. A file that is the latest version already changes nothing.

    Parameters
    ----------
    first
        A component in YAML or JSON; `-` is standard input.
    more
        More of them.
    notes
        What is new, for whoever reads the list of versions.
    """
    designs.publish_files(COMPONENT, (first, *more), notes, server)


@app.command(name="list", help_epilogue=example("actum component list"))
def list_components(*, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER) -> None:
    """List the org's own components, latest first."""
    designs.list_designs(COMPONENT, limit, server)


@app.command(name="show", help_epilogue=example("actum component show doubler --version 1"))
def show_component(
    component: ComponentName, /, *, version: int | None = None, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Show a component with its versions, or one version with its document, what it is
    made of and what is made of it.

    Parameters
    ----------
    version
        The number of a published version.  [default: the draft and the list of versions]
    """
    designs.show_design(COMPONENT, component, version, server)


@app.command(name="diff", help_epilogue=example("actum component diff doubler 1 2"))
def diff_components(
    component: ComponentName,
    source: VersionName = None,
    target: VersionName = None,
    /,
    *,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Tell how one version differs from another in what it means: what was added (+),
    removed (-), changed (~), moved (>) and renamed (=).

    Parameters
    ----------
    source
        The version to begin from.  [default: the latest]
    target
        The version that it is compared with.  [default: the draft]
    """
    diff_design(COMPONENT, component, (source, target), server)
