"""Derive ontology/data/hierarchy.tsv, the starter hierarchy of heart, vessels, thorax and abdomen.

    python scripts/build_hierarchy.py SHARED_DATA > ontology/data/hierarchy.tsv

SHARED_DATA holds ``uberon/*.obo`` (UBERON subsets, CC BY 3.0) and ``dicom-cid/sct_srt_umls.tsv`` (PS3.16 Annex O:
SNOMED CT code, UMLS CUI). Run by hand when either changes; tests/ontology recompute the table and compare.

A SNOMED CT code of DICOM and a term of UBERON are the same where a UMLS CUI joins them AND the term's name or an exact
synonym is a Code Meaning of the code, or where the pair was checked by hand below. Only ``is_a`` is followed, never
``part_of``; what lies between two joined terms is left out unless it is one of GROUPERS. Further rows come from context
groups whose title names a class of which every member listed is a kind.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cohortgraph.ontology.dicom_terms import groups, terms

GROUPERS = (
    "UBERON:0004151",  # cardiac chamber
    "UBERON:0035553",  # left cardiac chamber
    "UBERON:0035554",  # right cardiac chamber
    "UBERON:0000946",  # cardiac valve
    "UBERON:0002133",  # atrioventricular valve
    "UBERON:0005623",  # semilunar valve
    "UBERON:0002099",  # cardiac septum
    "UBERON:0003509",  # arterial blood vessel
    "UBERON:0003920",  # venous blood vessel
    "UBERON:0004148",  # cardiac vein
)
"""Terms of UBERON that no code of DICOM stands for, kept because people ask for them."""

CHECKED = {
    "SCT:21814001": "UBERON:0002082",  # (cardiac) ventricle
    "SCT:45341000": "UBERON:0002333",  # pulmonary trunk
    "SCT:50408007": "UBERON:0001652",  # left pulmonary artery
    "SCT:78480002": "UBERON:0001651",  # right pulmonary artery
    "SCT:57850000": "UBERON:0001640",  # coeliac trunk
    "SCT:273202007": "UBERON:0011955",  # left hepatic vein
    "SCT:272998002": "UBERON:0011956",  # right hepatic vein
    "SCT:273099000": "UBERON:0011957",  # middle hepatic vein
    "SCT:27175001": "UBERON:0001187",  # testicular artery
    "SCT:15672000": "UBERON:0001614",  # superficial temporal artery
    "SCT:281159003": "UBERON:0004573",  # systemic artery
    "SCT:20982000": "UBERON:0001982",  # capillary
    "SCT:72481006": "UBERON:0002174",  # middle lobe of right lung
    "SCT:32672002": "UBERON:0002345",  # descending thoracic aorta
    "SCT:88210001": "UBERON:0002351",  # sinoatrial node
    "SCT:49848007": "UBERON:0006566",  # myocardium of left ventricle
}
"""Pairs that a CUI or a name alone would miss or leave ambiguous."""

WRONG = {
    ("SCT:57034009", "UBERON:0004363"): "the arch of the aorta is not an embryo's pharyngeal arch artery",
    ("SCT:26818002", "UBERON:0006564"): "UBERON files the superficial palmar arch under veins",
    ("SCT:397439002", "UBERON:0001217"): "UBERON files the ileal vein under the portal vein",
    ("SCT:78961009", "UBERON:0002106"): "UBERON files the spleen under the digestive system",
}
"""Joins that are not used, and why."""

PARTS = {("SCT:54247002", "SCT:113262008")}
"""What UBERON calls ``is_a`` but is a part: the ascending aorta of the thoracic aorta."""


@dataclass(frozen=True)
class ContextGroup:
    """A context group whose members (all, or those named) are kinds of ``broader``."""

    number: int
    broader: str
    members: tuple[str, ...] = ()


CONTEXT_GROUPS = (
    ContextGroup(3462, "UBERON:0004151"),  # Chamber Identification
    ContextGroup(12287, "SCT:21814001"),  # Ventricle Finding Site: left, right, common
    ContextGroup(
        3608,  # Atrial Source Location holds other places too
        "SCT:59652004",
        ("SCT:73829009", "SCT:82471001", "SCT:253276007", "SCT:128567004", "SCT:128568009"),
    ),
    ContextGroup(3016, "SCT:41801008"),  # Major Coronary Artery
    ContextGroup(3829, "SCT:81040000", ("SCT:45341000", "SCT:50408007", "SCT:78480002")),  # Pulmonary Artery
    ContextGroup(3840, "SCT:122972007"),  # Pulmonary Vein
    ContextGroup(12285, "UBERON:0002133"),  # Atrioventricular Valve Finding Site
)


@dataclass
class UberonTerm:
    """What is used of a term: name, exact names case-folded, CUIs and direct ``is_a``."""

    name: str = ""
    names: set[str] = field(default_factory=set)
    cuis: set[str] = field(default_factory=set)
    is_a: set[str] = field(default_factory=set)


def read_uberon(folder: Path) -> dict[str, UberonTerm]:
    """The terms of all OBO files of a folder, by id."""
    found: dict[str, UberonTerm] = {}
    for file in sorted(folder.glob("*.obo")):
        for stanza in file.read_text(encoding="utf-8").split("\n[Term]\n")[1:]:
            lines = [line.partition(": ")[::2] for line in stanza.split("\n\n")[0].splitlines()]
            term = found.setdefault(lines[0][1], UberonTerm())
            for tag, value in lines:
                if tag == "name":
                    term.name = value
                    term.names.add(value.casefold())
                elif tag == "synonym" and (exact := re.match(r'"(.*)" EXACT', value)):
                    term.names.add(exact[1].casefold())
                elif tag == "xref" and (cui := re.match(r"(?:UMLS:|\S*/umls/id/)(C\d{7})\b", value)):
                    term.cuis.add(cui[1])
                elif tag == "is_a":
                    term.is_a.add(value.split()[0])
    return found


def dicom_rows(shared: Path) -> list[dict[str, str]]:
    """The rows of PS3.16 Annex O: sct, meaning, srt, umls, context_groups."""
    text = (shared / "dicom-cid" / "sct_srt_umls.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def join(shared: Path, uberon: dict[str, UberonTerm]) -> dict[str, str]:
    """UBERON id → the SNOMED CT concept that is the same; only where each side has one partner."""
    by_cui = defaultdict(set)
    for identifier, term in uberon.items():
        for cui in term.cuis:
            by_cui[cui].add(identifier)
    pairs = set(CHECKED.items())
    for row in dicom_rows(shared):
        concept = f"SCT:{row['sct']}"
        meanings = {row["meaning"].casefold(), terms()[concept].meaning.casefold() if concept in terms() else ""}
        for identifier in {i for cui in row["umls"].split() for i in by_cui[cui]}:
            if concept not in CHECKED and meanings & uberon[identifier].names:
                pairs.add((concept, identifier))
    pairs -= set(WRONG)
    concepts = [concept for concept, _ in pairs]
    identifiers = [identifier for _, identifier in pairs]
    return {i: c for c, i in pairs if concepts.count(c) == 1 and identifiers.count(i) == 1}


def above(identifier: str, uberon: dict[str, UberonTerm], kept: set[str]) -> set[str]:
    """The nearest kept terms above a term."""
    nearest: set[str] = set()
    for parent in uberon[identifier].is_a & uberon.keys():
        nearest |= {parent} if parent in kept else above(parent, uberon, kept)
    return nearest


def rows(shared: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """(narrower, its name, broader, its name, source) sorted, without what follows from the others."""
    uberon = read_uberon(shared / "uberon")
    joined = join(shared, uberon)
    kept = joined.keys() | set(GROUPERS)
    edges: dict[tuple[str, str], str] = {}
    for identifier in kept:
        for parent in above(identifier, uberon, kept):
            pair = (joined.get(identifier, identifier), joined.get(parent, parent))
            edges[pair] = f"UBERON (CC BY 3.0): {identifier} under {parent}"
    for group in CONTEXT_GROUPS:
        for member in group.members or sorted(groups()[group.number][1]):
            if member != group.broader and not _reaches(member, group.broader, edges):
                edges[member, group.broader] = f"DICOM PS3.16 CID {group.number}"
    edges = {pair: source for pair, source in edges.items() if pair not in PARTS and not _implied(pair, edges)}
    names = {f"SCT:{row['sct']}": row["meaning"] for row in dicom_rows(shared)}
    names |= {identifier: term.name for identifier, term in uberon.items()}
    names |= {identifier: term.meaning for identifier, term in terms().items()}
    for narrower, broader in sorted(edges):
        yield narrower, names[narrower], broader, names[broader], edges[narrower, broader]


def _reaches(start: str, goal: str, edges: dict[tuple[str, str], str]) -> bool:
    parents = {broader for narrower, broader in edges if narrower == start}
    return goal in parents or any(_reaches(parent, goal, edges) for parent in parents)


def _implied(pair: tuple[str, str], edges: dict[tuple[str, str], str]) -> bool:
    narrower, broader = pair
    others = {parent for child, parent in edges if child == narrower and parent != broader}
    return any(_reaches(parent, broader, edges) for parent in others)


def main() -> None:
    """Write the table to standard output."""
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    writer.writerow(("narrower", "narrower meaning", "broader", "broader meaning", "source"))
    writer.writerows(rows(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
