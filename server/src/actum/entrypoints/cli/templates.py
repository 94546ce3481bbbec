"""`actum template`: check, publish, list, show, compare, import and export templates."""

from typing import Annotated

from cyclopts import Parameter

from actum.entrypoints.cli import designs
from actum.entrypoints.cli.app import example, make_group
from actum.entrypoints.cli.designs import TEMPLATE
from actum.entrypoints.cli.differences import VersionName, diff_design
from actum.entrypoints.cli.foreign import Import, export_template, import_file
from actum.entrypoints.cli.options import (
    DEFAULT_OUTPUT,
    DEFAULT_SERVER,
    FileName,
    Limit,
    OutputOptions,
    ServerOptions,
    UsedFiles,
)
from actum.entrypoints.cli.refusals import Exit
from actum.entrypoints.cli.screen import Screen

app = make_group("template", "Check, publish, list, show, compare, import and export templates.")

TemplateName = Annotated[str, Parameter(name="TEMPLATE", help="A template's name or id.")]
FormatName = Annotated[
    str | None, Parameter(help="One of scxml, xstate, iot-events, editor, fsl, mermaid, actum.")
]
Switch = Annotated[bool, Parameter(negative="", show_default=False)]


@app.command(
    name="check",
    help_epilogue=example("actum template check order.yaml", "actum template check *.yaml --json"),
)
def check_templates(
    first: FileName,
    /,
    *more: FileName,
    component: UsedFiles = (),
    output: OutputOptions = DEFAULT_OUTPUT,
) -> Exit:
    """Check files of templates and components here, without a server, and print every
    problem with its place.

    Exits with 1 when there is an error; warnings alone exit with 0.

    Parameters
    ----------
    first
        A template or component in YAML or JSON; `-` is standard input.
    more
        More of them.
    """
    return designs.check_files((first, *more), component, Screen(output.is_json))


@app.command(name="publish", help_epilogue=example('actum template publish order.yaml --notes "asks twice"'))
def publish_templates(
    first: FileName,
    /,
    *more: FileName,
    notes: str = "",
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Publish template files as new versions; a template that is not there yet is
    created.

    A file whose program is the latest version already changes nothing, so a build
    may publish every time.

    Parameters
    ----------
    first
        A template in YAML or JSON; `-` is standard input.
    more
        More of them.
    notes
        What is new, for whoever reads the list of versions.
    """
    designs.publish_files(TEMPLATE, (first, *more), notes, server)


@app.command(name="list", help_epilogue=example("actum template list"))
def list_templates(*, limit: Limit = 100, server: ServerOptions = DEFAULT_SERVER) -> None:
    """List templates, latest first."""
    designs.list_designs(TEMPLATE, limit, server)


@app.command(
    name="show",
    help_epilogue=example(
        "actum template show traffic-light", "actum template show traffic-light --version 1 --json"
    ),
)
def show_template(
    template: TemplateName, /, *, version: int | None = None, server: ServerOptions = DEFAULT_SERVER
) -> None:
    """Show a template with its versions, or one version with its document and what it
    is made of.

    Parameters
    ----------
    version
        The number of a published version.  [default: the draft and the list of versions]
    """
    designs.show_design(TEMPLATE, template, version, server)


@app.command(
    name="diff",
    help_epilogue=example(
        "actum template diff traffic-light 1 2", "actum template diff traffic-light 2 draft --json"
    ),
)
def diff_templates(
    template: TemplateName,
    source: VersionName = None,
    target: VersionName = None,
    /,
    *,
    server: ServerOptions = DEFAULT_SERVER,
) -> None:
    """Tell how one version differs from another in what it means: what was added (+),
    removed (-), changed (~), moved (>) and renamed (=).

    Titles, layout and other ways to write the same are no changes.

    Parameters
    ----------
    source
        The version to begin from.  [default: the latest]
    target
        The version that it is compared with.  [default: the draft]
    """
    diff_design(TEMPLATE, template, (source, target), server)


@app.command(
    name="import",
    help_epilogue=example(
        "actum template import light.scxml > light.yaml",
        "actum template import chart.json --format xstate --name chart --publish",
    ),
)
def import_template(
    file: FileName,
    /,
    *,
    format: FormatName = None,  # noqa: A002 - the name of the option
    name: str | None = None,
    save: Switch = False,
    publish: Switch = False,
    force: Switch = False,
    server: ServerOptions = DEFAULT_SERVER,
) -> Exit:
    """Turn a file of another tool (SCXML, XState, AWS IoT Events, the editor, FSL, Mermaid)
    into a template, and tell what could not be carried over.

    The template goes to standard output, as YAML; a server is only asked to save or
    publish it. Exits with 1 when something could not be carried over.

    Parameters
    ----------
    file
        The file to read; `-` is standard input.
    format
        The format that it is in.  [default: the one that it looks like]
    name
        What the template is to be called.  [default: what the file calls it]
    save
        Create a template with it as its draft.
    publish
        Publish it as the next version.
    force
        Save or publish it although something could not be carried over.
    """
    wanted = Import(file, format, name, save, publish, force)
    return import_file(wanted, server)


@app.command(
    name="export",
    help_epilogue=example(
        "actum template export traffic-light --format mermaid",
        "actum template export light.yaml --format xstate > light.json",
        "actum template export traffic-light --format scxml --version 1 > light.scxml",
    ),
)
def export(
    template: Annotated[str, Parameter(name="TEMPLATE")],
    /,
    *,
    format: Annotated[str, Parameter(help="One of scxml, xstate, mermaid.")],  # noqa: A002 - as above
    version: VersionName = None,
    server: ServerOptions = DEFAULT_SERVER,
) -> Exit:
    """Write a template in another tool's format to standard output, and tell what that
    cannot say.

    Exits with 1 when the text does not mean all that the template means.

    Parameters
    ----------
    template
        A template's name or id; or a file of one (.yaml or .json), which needs no server.
    version
        The number of a version, or `draft`.  [default: the latest]
    """
    return export_template(template, format, version, server)
