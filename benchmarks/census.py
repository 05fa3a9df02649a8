"""``python -m benchmarks.census FOLDER``: what a store holds of a folder, kind by kind."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from cohortgraph.graph import schema
from cohortgraph.graph.engine import Engine, rows
from cohortgraph.graph.store.directory import Store
from cohortgraph.ingest.pipeline import ingest


@dataclass(slots=True)
class Census:
    """Counts of one kind of object.

    Attributes
    ----------
    nodes
        The objects and their children.
    edges
        What starts at them, without those to their own children.
    codes
        Those of the edges that lead to a Concept, derived ones apart.
    """

    objects: int = 0
    nodes: int = 0
    edges: int = 0
    codes: int = 0


def census(engine: Engine) -> dict[str, Census]:
    """The counts by `Instance.kind`."""
    found: dict[str, Census] = {}
    for kind, count in _counted(engine, "MATCH (i:Instance)"):
        found[kind] = Census(objects=count, nodes=count)
    for label, has in schema.CHILDREN.items():
        for kind, count in _counted(engine, f"MATCH (i:Instance)-[:{has}]->(:{label})"):
            found[kind].nodes += count
    for edge, source, target in schema.edge_tables():
        if source not in ("Instance", *schema.CHILDREN) or edge.type in schema.CHILDREN.values():
            continue
        above = f"-[:{schema.CHILDREN[source]}]->(n:{source})" if source != "Instance" else ""
        holder = "n" if above else "i"
        for kind, count in _counted(engine, f"MATCH (i:Instance){above} MATCH ({holder})-[e:{edge.type}]->(:{target})"):
            found[kind].edges += count
            found[kind].codes += count if edge.is_coded else 0
    return dict(sorted(found.items()))


def _counted(engine: Engine, matching: str) -> Iterator[tuple[str, int]]:
    for row in rows(engine.read(f"{matching} RETURN i.kind AS kind, count(*) AS n")):
        yield row["kind"], row["n"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
def main(folder: Path) -> None:
    """Ingest FOLDER into a fresh store and print a line for each kind of object."""
    with tempfile.TemporaryDirectory() as scratch, Store.init(scratch) as store:
        report = ingest(store, [folder], "census", workers=1)
        counted = census(store.engine)
    click.echo(f"{'kind':<20}{'objects':>9}{'nodes':>9}{'edges':>9}{'codes':>9}")
    total: Counter[str] = Counter()
    for kind, of in counted.items():
        click.echo(f"{kind:<20}{of.objects:>9}{of.nodes:>9}{of.edges:>9}{of.codes:>9}")
        total.update(objects=of.objects, nodes=of.nodes, edges=of.edges, codes=of.codes)
    click.echo(f"{'all':<20}" + "".join(f"{total[name]:>9}" for name in ("objects", "nodes", "edges", "codes")))
    named = ("files", "kept", "duplicates", "conflicts", "ignored", "quarantined")
    click.echo(", ".join(f"{getattr(report, name)} {name}" for name in named))


if __name__ == "__main__":
    main()
