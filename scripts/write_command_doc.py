"""Write docs/reference/command-line.md from the commands' own help: ``python scripts/write_command_doc.py``."""

from __future__ import annotations

from pathlib import Path

import click

from cohortgraph.cli import COMMANDS, cohortgraph

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "command-line.md"
INTRODUCTION = """# Command line

Generated from the commands' own help by `scripts/write_command_doc.py`.

A command works on the store that `--store` names, else the environment variable `COHORTGRAPH_STORE`, else `store = "…"`
in `cohortgraph.toml`, else `./cohortgraph-store`. Exit codes: 0 done; 1 wrong use or a bad question (one line on
standard error says what and where); 2 work failed; 130 interrupted (the same command goes on from there).
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    with click.Context(cohortgraph, info_name="cohortgraph") as context:
        context.max_content_width = context.terminal_width = 110
        for name in COMMANDS:
            command = cohortgraph.get_command(context, name)
            if command is None:
                raise LookupError(f"cohortgraph.cli.COMMANDS names {name!r}, which its module does not define")
            with click.Context(command, info_name=name, parent=context) as inner:
                inner.max_content_width = inner.terminal_width = 110
                parts.append(f"## {name}\n\n```text\n{command.get_help(inner)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
