"""IS_A and exact equivalents (semantics 6.5)."""

import subprocess
import sys
from pathlib import Path

from cohortgraph.ontology.hierarchy import ancestors, descendants, equivalents, parents
from cohortgraph.ontology.meanings import meaning
from cohortgraph.ontology.tables import rows

LEFT_VENTRICLE, RIGHT_VENTRICLE, VENTRICLE = "SCT:87878005", "SCT:53085002", "SCT:21814001"
LEFT_ATRIUM, RIGHT_ATRIUM, ATRIUM = "SCT:82471001", "SCT:73829009", "SCT:59652004"
CHAMBER, MYOCARDIUM_OF_LEFT_VENTRICLE = "UBERON:0004151", "SCT:49848007"
ROOT = Path(__file__).parents[2]


def test_semantics_6_5_any_cardiac_chamber_works_on_first_run():
    assert VENTRICLE in parents(LEFT_VENTRICLE)
    assert CHAMBER in parents(VENTRICLE)
    assert {LEFT_VENTRICLE, RIGHT_VENTRICLE, LEFT_ATRIUM, RIGHT_ATRIUM, ATRIUM} < descendants(CHAMBER)


def test_semantics_6_5_isa_includes_the_concept_itself():
    assert VENTRICLE in descendants(VENTRICLE)
    assert LEFT_VENTRICLE in ancestors(LEFT_VENTRICLE)
    assert descendants("SCT:0") == ancestors("SCT:0") == {"SCT:0"}


def test_semantics_6_5_a_part_is_not_a_kind():
    assert MYOCARDIUM_OF_LEFT_VENTRICLE not in descendants(LEFT_VENTRICLE)
    heart = "SCT:80891009"
    assert descendants(heart) == {heart}


def test_semantics_6_5_descendants_and_ancestors_are_each_others_inverse():
    concepts = {row[side] for row in rows("hierarchy") for side in ("narrower", "broader")}
    for concept in concepts:
        assert all(concept in ancestors(below) for below in descendants(concept))


def test_semantics_6_5_no_concept_is_above_itself():
    for row in rows("hierarchy"):
        assert row["narrower"] not in ancestors(row["broader"])


def test_semantics_6_5_equivalents_are_exact_aliases_only():
    assert equivalents(LEFT_VENTRICLE) == {LEFT_VENTRICLE, "SRT:T-32600"}
    assert VENTRICLE not in equivalents(LEFT_VENTRICLE)


def test_every_row_names_its_source():
    assert all(row["source"].startswith(("UBERON (CC BY 3.0): ", "DICOM PS3.16 CID ")) for row in rows("hierarchy"))


def test_the_shipped_table_is_what_the_script_derives(shared_data):
    derived = subprocess.run(  # the script as people run it
        [sys.executable, ROOT / "scripts" / "build_hierarchy.py", shared_data],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert derived == (ROOT / "ontology" / "data" / "hierarchy.tsv").read_text(encoding="utf-8")


def test_meanings_come_from_the_standard_or_the_hierarchy():
    assert meaning(LEFT_VENTRICLE) == "Left ventricle"
    assert meaning(CHAMBER) == "cardiac chamber"
    assert meaning("99X@1:2") == ""
