"""Write docs/reference/schema.md from graph/schema/: ``python scripts/write_schema_doc.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cohortgraph.graph.schema import EDGES, NODES, Property

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "schema.md"


def _row(declared: Property) -> str:
    told = [declared.doc] if declared.doc else []
    if declared.alias:
        told.append(f"in a question: `{declared.alias}`")
    if declared.unit:
        told.append(f"unit `{declared.unit}`")
    if declared.local:
        told.append("not part of a store's digest")
    return f"| `{declared.name}` | {declared.type} | {'; '.join(told)} |"


def lines() -> Iterator[str]:
    """The page, line by line."""
    yield "# The graph's schema"
    yield ""
    yield "Generated from `graph/schema/` by `scripts/write_schema_doc.py`. Property names are DICOM keywords in"
    yield "lowerCamelCase; every node and edge below exists under the same name on both engines."
    yield ""
    yield "## Nodes"
    for node in NODES:
        yield from ("", f"### {node.label}", "", f"{node.doc}.", "", "| property | type | notes |", "|---|---|---|")
        yield from map(_row, node.columns)
    yield from ("", "## Edges")
    for edge in EDGES:
        pairs = ", ".join(f"{source} → {target}" for source, target in edge.pairs)
        field = f" In a question: `{edge.field}`." if edge.field else ""
        yield from (
            "",
            f"### {edge.type}",
            "",
            f"{pairs}. {edge.doc[:1].upper()}{edge.doc[1:]}.{field}".replace("..", "."),
        )
        if edge.properties:
            yield from ("", "| property | type | notes |", "|---|---|---|")
            yield from map(_row, edge.properties)


def page() -> str:
    """The whole page."""
    return "\n".join(lines()).replace(" . ", " ") + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(page(), encoding="utf-8")
