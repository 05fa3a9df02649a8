"""Write docs/reference/attributes.md from what is shipped: ``python scripts/write_attributes_doc.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cohortgraph.ontology.meanings import meaning
from cohortgraph.queries.columns import shipped

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "attributes.md"

_OPENING = """# Named attributes

Generated from `queries/columns/attributes.yaml` by `scripts/write_attributes_doc.py`.

A named attribute is a column of `samples.parquet` and of tables (`export --columns 'PR interval,LV volume'`), and what
a split may be stratified by (`--stratify sex`). Any other property goes by its level and name: `series.protocolName`,
`instances.kvp`, `segments.type`.

Items are found by their concept name, whatever template they stand in. Of an item the first value counts, in the
attribute's unit (semantics 6.7): none where it is NaN or qualified, or where it has no unit, or one of another
dimension. A code is told by its meaning; of several, all.

`age` is Patient's Age (0010,1010) of the study in years. Where a study has none, or one that is not valid, it is of
Patient's Birth Date and Study Date, where both are known: completed years, in the first year days / 365.25.

A sample's value is the nearest there is: of its own objects, else of its studies, else of its patient, where it is the
one of the Study Date nearest to the sample's, rather before than after it. Where several are left, it is the last in
the order of their nodes, and `attributes` in `manifest.json` counts the samples that had different ones. Values of
objects that were replaced since they were frozen don't count.

A file of one's own has the same form, and comes before what is shipped:

    - {name: PR in s, of: {items: {name: {memberOf: PR interval}}}, unit: s}
    - {name: tumour, of: {segments: {type: {isA: "SCT:108369006"}}}, value: volume, unit: mL}
    - {name: protocol, of: {series: {modality: {eq: MR}}}, value: protocolName}

`of` is a level with a [filter](query-language.md), `value` a property or coded field there (of items `number` where
nothing is said), `unit` a UCUM code.

## Shipped

| name | level | where | value | unit |
|---|---|---|---|---|
"""


def _told(where: Mapping[str, Any]) -> str:
    """A filter in one line, codes with their meanings."""
    parts = []
    for field, condition in where.items():
        for operator, operand in condition.items():
            codes = operand if isinstance(operand, list) else [operand]
            known = (f"{code} {meaning(code)}".rstrip() if ":" in code else code for code in codes)
            parts.append(f"{field} {operator} {', '.join(known)}")
    return "; ".join(parts)


def _rows() -> Iterator[str]:
    for each in shipped():
        cells = (each.name, each.level, _told(each.where), each.value, each.unit)
        yield f"| {' | '.join(cells)} |"


def page() -> str:
    """The whole page."""
    return _OPENING + "\n".join(_rows()) + "\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
