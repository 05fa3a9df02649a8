"""The store as a whole: init, stats, check, upgrade, backup, restore."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import WorkFailed
from .options import client, server, store_option


@click.command()
@click.option(
    "--store",
    metavar="DIR|neo4j://…",
    help="A directory, or a Neo4j URL (user and password from NEO4J_USER, NEO4J_PASSWORD)",
)
@click.option(
    "--directory", metavar="DIR", type=click.Path(path_type=Path), help="Where to keep a Neo4j store's own files"
)
def init(store: str | None, directory: Path | None) -> None:
    """Make a store: schema, constraints and indexes. Doing it again changes nothing."""
    from ..graph.store.directory import Store
    from ..settings import find_store

    with Store.init(find_store(store, server()), directory=directory) as made:
        click.echo(f"store ready at {made.directory} ({made.engine.name})")


@click.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON")
@click.option("--digest", is_flag=True, help="Print only the digest of all nodes and edges")
def stats(store: str | None, as_json: bool, digest: bool) -> None:
    """Count nodes, edges, top codes, unresolved references and flagged codes."""
    from . import render

    with client(store) as opened:
        if digest:
            click.echo(json.dumps({"digest": opened.digest()}) if as_json else opened.digest())
        elif as_json:
            click.echo(json.dumps(render.plain(opened.stats()), indent=1, ensure_ascii=False))
        else:
            render.stats(opened.stats())


@click.command()
@store_option
def check(store: str | None) -> None:
    """Recompute what is derived, compare it with what is stored, and list every difference."""
    with client(store) as opened:
        problems = opened.check()
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise WorkFailed(f"{len(problems)} problems found; restore a backup, or ingest the objects named again")
    click.echo("no problems found")


@click.command()
@store_option
def upgrade(store: str | None) -> None:
    """Read the kept headers again of a store that an older cohortgraph wrote; what was stopped goes on."""
    from . import render

    with client(store) as opened, render.ingest_progress() as progress:
        reread = opened.upgrade(progress=progress)
    click.echo(f"{reread.headers} headers read again" if reread.headers else "the store is up to date")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@store_option
def backup(file: Path, store: str | None) -> None:
    """Write the whole store into one FILE, from which `restore` makes it again on either engine."""
    with client(store) as opened:
        opened.backup(file)
    click.echo(f"backup written to {file}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--store", metavar="DIR|neo4j://…", help="The new store: an empty directory or a Neo4j URL")
@click.option(
    "--directory", metavar="DIR", type=click.Path(path_type=Path), help="Where to keep a Neo4j store's own files"
)
def restore(file: Path, store: str | None, directory: Path | None) -> None:
    """Make a new store from a backup FILE."""
    from ..graph.store.backup import restore as _restore
    from ..settings import find_store

    with _restore(file, find_store(store, server()), directory=directory) as made:
        click.echo(f"store restored at {made.directory} ({made.engine.name})")
