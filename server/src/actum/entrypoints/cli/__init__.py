"""The command line, `actum`: what people and scripts ask of a server, and how one is started on this machine."""

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name (by default the process's own) and exit with its code."""
    import sys

    from actum.entrypoints.cli.app import run

    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
