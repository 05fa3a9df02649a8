"""Write docs/reference/concepts.md from the ontology: ``python scripts/write_concepts_doc.py``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cohortgraph.ontology import hierarchy, value_sets
from cohortgraph.ontology.dicom_terms import groups
from cohortgraph.ontology.meanings import meaning
from cohortgraph.ontology.schemes import UIDS
from cohortgraph.ontology.tables import rows

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "concepts.md"

_OPENING = """# Concepts

Generated from `ontology/` by `scripts/write_concepts_doc.py`.

A concept is written `SCHEME:value`, split at the first colon: `SCT:87878005`, `MDC:2:15872`. Old and local spellings
are understood, in data as in a question: `SRT:T-32600` is `SCT:87878005`, `LOINC:8625-6` is `LN:8625-6`, a SCP-ECG lead
is its MDC code, a retired code of DICOM is its replacement. A private scheme (`99…`) belongs to its source:
`99PMP:250137` finds the one source that uses the scheme; where several do, write `99PMP@<source>:250137` as results
show it.

## Value sets

For `memberOf`. DICOM's {count} context groups are value sets under their number, nested groups included: `CID 7151`.
cohortgraph ships these besides:
"""


def _value_sets() -> Iterator[str]:
    for name in value_sets.names():
        if not name.startswith("CID "):
            found = value_sets.value_set(name)
            yield from ("", f"### {name}", "", f"{found.title}. Source: {found.source}.", "")
            yield from (f"- `{member}` {meaning(member)}".rstrip() for member in sorted(found.members))


def _tree(concept: str, indent: int = 0) -> Iterator[str]:
    yield f"{'  ' * indent}- `{concept}` {meaning(concept)}"
    for child in sorted(hierarchy.children(concept), key=lambda each: (meaning(each).casefold(), each)):
        yield from _tree(child, indent + 1)


def _hierarchy() -> Iterator[str]:
    yield from ("", "## Hierarchy", "")
    yield "For `isA`: a concept and everything below it. A part is not a kind: the myocardium of the left ventricle is"
    yield "no left ventricle. A concept with several parents appears under each. Sources: UBERON (CC BY 3.0), PS3.16."
    yield ""
    roots = {row["broader"] for row in rows("hierarchy") if not hierarchy.parents(row["broader"])}
    for root in sorted(roots, key=lambda each: (meaning(each).casefold(), each)):
        yield from _tree(root)


def _schemes() -> Iterator[str]:
    yield from ("", "## Coding schemes", "", "| designator | Coding Scheme UID |", "|---|---|")
    yield from (f"| `{designator}` | {uid} |" for designator, uid in UIDS.items())


def page() -> str:
    """The whole page."""
    lines = [_OPENING.format(count=len(groups())).rstrip("\n"), *_value_sets(), *_hierarchy(), *_schemes()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
