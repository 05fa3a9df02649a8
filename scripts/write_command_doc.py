"""Write docs/reference/command-line.md from the commands' own help: ``python scripts/write_command_doc.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from cohortgraph.cli import COMMANDS, cohortgraph

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "command-line.md"
INTRODUCTION = """# Command line

Generated from the commands' own help by `scripts/write_command_doc.py`.

A command works on the store that `--store` names, else the environment variable `COHORTGRAPH_STORE`, else `store = "…"`
in `cohortgraph.toml`, else `./cohortgraph-store`. A running server is asked instead where `--server URL` comes before
the command, or `COHORTGRAPH_SERVER`, or `server = "…"`, and where it has the store open: see
[how to serve](../how-to/serve.md). Exit codes: 0 done; 1 wrong use or a bad question (one line on
standard error says what and where); 2 work failed; 130 interrupted (the same command goes on from there).
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    with click.Context(cohortgraph, info_name="cohortgraph") as context:
        context.max_content_width = context.terminal_width = 110
        parts.append(f"```text\n{cohortgraph.get_help(context)}\n```\n")
        for name in COMMANDS:
            command = cohortgraph.get_command(context, name)
            if command is None:
                raise LookupError(f"cohortgraph.cli.COMMANDS names {name!r}, which its module does not define")
            parts += _told(command, name, context, "##")
    return "\n".join(parts)


def _told(command: click.Command, name: str, parent: click.Context, heading: str) -> Iterator[str]:
    """The help of a command, then of those under it."""
    with click.Context(command, info_name=name, parent=parent) as context:
        context.max_content_width = context.terminal_width = 110
        yield f"{heading} {name}\n\n```text\n{command.get_help(context)}\n```\n"
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                yield from _told(command.commands[below], below, context, f"{heading}#")


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
