"""The command line: ``cohortgraph …``. Each command imports what it needs when it runs, so that ``--help`` is light."""

from __future__ import annotations

import importlib
import os
import sys
from difflib import get_close_matches

import click

from ..errors import CohortGraphError, UsageError
from ..version import __version__

COMMANDS = {
    "init": "store",
    "ingest": "ingest",
    "quarantine": "ingest",
    "datasets": "datasets",
    "patients": "patients",
    "references": "references",
    "tags": "tags",
    "query": "query",
    "explain": "query",
    "facets": "facets",
    "overlap": "facets",
    "show": "show",
    "cohort": "cohort",
    "export": "export",
    "jobs": "jobs",
    "cypher": "query",
    "stats": "store",
    "check": "store",
    "upgrade": "store",
    "backup": "store",
    "restore": "store",
    "serve": "serve",
    "worker": "worker",
}
"""Command → the module of this package that holds it, in the order in which help lists them."""


class _Lazy(click.Group):
    """A group whose commands live in modules that are imported when a command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[cmd_name]}", __name__)
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if near := get_close_matches(args[0], COMMANDS, n=1):
                raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", error.ctx) from error
            raise


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, package_name="cohortgraph")
@click.option(
    "--server",
    metavar="URL",
    help="Ask a running server, with the token in $COHORTGRAPH_TOKEN  [default: $COHORTGRAPH_SERVER, cohortgraph.toml]",
)
def cohortgraph(server: str | None) -> None:
    """Ask nested questions of DICOM images, segmentations and reports, and take the cohort with you.

    \b
    Start with:
      cohortgraph init
      cohortgraph ingest FOLDER --dataset NAME
      cohortgraph query question.yaml

    A store that a server has open is asked through that server, without --server too.
    """


def main() -> None:
    """Run the command line: exit code 0 done, 1 wrong use or bad question, 2 work failed."""
    try:
        code = cohortgraph.main(standalone_mode=False)
    except click.Abort:
        click.echo("interrupted; what was committed stays, the same command goes on from there", err=True)
        code = 130
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context else ""
        _say(f"{error.format_message()}{hint}")
        code = 1
    except UsageError as error:
        _say(str(error))
        code = 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered would fail once more
        code = 1
    except (CohortGraphError, OSError, MemoryError) as error:
        _say(str(error) or type(error).__name__)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _say(error: str) -> None:
    """One line on standard error, whatever a library put into the message."""
    click.echo(f"error: {' '.join(error.split())}", err=True)
