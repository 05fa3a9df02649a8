"""manifest.json of exports of samples, its schema, and the check of every file by it."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pydicom
import pytest

from cohortgraph.client import Client
from cohortgraph.cohorts.shelf import Shelf
from cohortgraph.errors import UsageError
from cohortgraph.export import complete
from cohortgraph.export.complete import write_manifest
from cohortgraph.export.drive import drive
from cohortgraph.export.folder import Folder
from cohortgraph.export.plan.file import write_plan
from cohortgraph.export.plan.model import Head, Sample
from cohortgraph.export.plan.options import Options
from cohortgraph.export.planning.build import build
from cohortgraph.export.protocol import Closing, Made, MadeFile
from cohortgraph.export.verify import verify
from cohortgraph.graph.store.directory import Store

from .planned import contents

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def store(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.init(tmp_path_factory.mktemp("manifest") / "store") as made:
        client = Client(made)
        client.ingest([shared_data / "dcmqi/data/segmentations/23x38x3"], "small", workers=1)
        client.set_dataset(
            "small", title="Small", license="CC-BY-NC-4.0", useTerms="DUO:0000042, DUO:0000019", doi="10.1/small"
        )
        client.create_cohort("all", {"patients": {}})
        client.freeze_cohort("all")
        yield made


def exported(store: Store, out: Path, **options: object) -> Path:
    """An export as NIfTI."""
    place = Folder(out)
    place.inner.mkdir(parents=True)
    shelf = Shelf(store.engine, store.registry_path)
    try:
        told = Options(form="nifti", **options)  # type: ignore[arg-type]
        build(store.engine, shelf, "all", told, None, place.plan, headers=store.headers)
    finally:
        shelf.close()
    drive(place, workers=1)
    return out


@pytest.fixture(scope="module")
def made(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(
        store, tmp_path_factory.mktemp("made") / "out", purpose="commercial", override="a licence of our own"
    )


def told_by(folder: Path) -> dict[str, object]:
    return json.loads((folder / "manifest.json").read_text())


def test_a_manifest_is_valid_by_the_schema_that_is_published_and_shipped(made: Path) -> None:
    published = (ROOT / "docs/reference/manifest.schema.json").read_text()
    assert published == Path(complete.__file__).with_name("manifest.schema.json").read_text()
    schema = json.loads(published)
    jsonschema.Draft202012Validator.check_schema(schema)
    told = told_by(made)
    jsonschema.validate(told, schema, format_checker=jsonschema.FormatChecker())
    assert told.keys() == schema["properties"].keys()
    for name in ("snapshot", "terms"):
        assert told[name].keys() == schema["properties"][name]["properties"].keys()


@pytest.mark.parametrize("form", ["manifest", "dicom", "parquet"])
def test_a_manifest_of_another_form_is_valid_too(store: Store, tmp_path: Path, form: Any) -> None:
    Client(store).export_cohort("all", tmp_path / "out", form, override="not needed", workers=1)
    told = told_by(tmp_path / "out")
    schema = json.loads((ROOT / "docs/reference/manifest.schema.json").read_text())
    jsonschema.validate(told, schema, format_checker=jsonschema.FormatChecker())
    assert told["form"] == form
    assert told["terms"]["override"] == ""


def test_a_manifest_without_a_digest_or_with_an_unknown_entry_is_not_valid(made: Path) -> None:
    schema = json.loads((ROOT / "docs/reference/manifest.schema.json").read_text())
    for spoil in (lambda told: told["snapshot"].update(digest="x"), lambda told: told["files"][0].update(more=1),
                  lambda told: told.pop("terms")):  # fmt: skip
        told = told_by(made)
        spoil(told)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(told, schema)


def test_a_manifest_names_every_file_with_its_digest(made: Path) -> None:
    there = {p.relative_to(made).as_posix(): p for p in made.rglob("*") if p.is_file() and p.name != "manifest.json"}
    told = {each["path"]: each for each in told_by(made)["files"]}
    assert told.keys() == there.keys()
    for path, each in told.items():
        assert each["digest"] == hashlib.sha256(there[path].read_bytes()).hexdigest()
        assert each["size"] == there[path].stat().st_size
        assert each["sample"] == ("" if "/" not in path else path.partition("/")[0])


def test_a_manifest_says_what_the_terms_ask_and_why_they_were_overridden(made: Path, store: Store) -> None:
    told = told_by(made)
    assert told["terms"]["purpose"] == "commercial"
    assert told["terms"]["override"] == "a licence of our own"
    assert told["terms"]["forbidden"] == ["small: its licence CC-BY-NC-4.0 is for non-commercial use"]
    assert told["terms"]["citations"] == ["Small. CC-BY-NC-4.0. https://doi.org/10.1/small"]
    assert any("DUO:0000019" in each for each in told["terms"]["conditions"])
    assert told["datasets"][0]["license"] == "CC-BY-NC-4.0"
    assert told["versions"]["pydicom"] == pydicom.__version__


def test_again_it_is_the_same_but_for_the_time(made: Path, store: Store, tmp_path: Path) -> None:
    again = exported(store, tmp_path / "again", purpose="commercial", override="a licence of our own")
    one, two = told_by(made), told_by(again)
    assert one.pop("created") <= two.pop("created")
    assert list(one.items()) == list(two.items())


def test_a_sound_export_is_verified(made: Path) -> None:
    found = verify(Folder(made))
    assert found.sound
    assert (found.files, found.size) == (len(told_by(made)["files"]), told_by(made)["size"])


@pytest.fixture
def copy(store: Store, tmp_path: Path) -> Path:
    return exported(store, tmp_path / "copy")


def test_what_is_missing_altered_and_extra_is_named(copy: Path) -> None:
    paths = [each["path"] for each in told_by(copy)["files"]]
    (copy / paths[0]).unlink()
    (copy / paths[1]).write_bytes((copy / paths[1]).read_bytes()[:-1] + b"x")
    (copy / "more.txt").write_text("?")
    found = verify(Folder(copy))
    assert (found.missing, found.altered, found.extra) == ((paths[0],), (paths[1],), ("more.txt",))
    assert not found.sound


def test_what_is_altered_or_gone_is_mended_and_the_rest_stays(store: Store, tmp_path: Path) -> None:
    out, client = tmp_path / "out", Client(store)
    first = client.export_cohort("all", out, "nifti", workers=1)
    before = contents(out)
    altered, gone, *others = (out / each["path"] for each in told_by(out)["files"])
    altered.write_bytes(altered.read_bytes()[:-1] + b"x")
    gone.unlink()
    untouched = [each.stat().st_mtime_ns for each in others]
    assert client.export_cohort("all", out, "nifti", workers=1) == first
    assert contents(out) == before
    assert [each.stat().st_mtime_ns for each in others] == untouched
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_manifest_that_another_program_wrote_anew_is_read_too(copy: Path) -> None:
    (copy / "manifest.json").write_text(json.dumps(told_by(copy)))
    assert verify(Folder(copy)).sound
    assert verify(Folder(copy)).files == len(told_by(copy)["files"])


@pytest.mark.parametrize("spoil", [lambda text: text[: len(text) // 2], lambda text: text[:-2], lambda _: "[]"])
def test_a_damaged_manifest_is_refused(copy: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    file = copy / "manifest.json"
    file.write_text(spoil(file.read_text()))
    with pytest.raises(UsageError, match=r"no manifest of an export, or damaged"):
        verify(Folder(copy))


def test_a_folder_without_a_manifest_is_no_export(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no complete export"):
        verify(Folder(tmp_path))


def test_a_manifest_that_names_files_outside_is_refused(copy: Path) -> None:
    told = told_by(copy)
    told["files"][0]["path"] = "../../etc/passwd"
    (copy / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(UsageError, match="no path in the export"):
        verify(Folder(copy))


def test_a_tree_of_dicom_objects_is_verified_too(store: Store, tmp_path: Path) -> None:
    Client(store).export_cohort("all", tmp_path / "tree")
    found = verify(Folder(tmp_path / "tree"))
    assert (found.sound, found.extra) == (True, ())
    first = next((tmp_path / "tree").rglob("*.dcm"))
    first.write_bytes(first.read_bytes() + b"x")
    assert verify(Folder(tmp_path / "tree")).altered == (first.relative_to(tmp_path / "tree").as_posix(),)


def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    peaks = []
    for samples in (4, 40):
        place = Folder(tmp_path / str(samples))
        place.inner.mkdir(parents=True)
        made = [Sample(f"s{n}", "", "", "", "", ()) for n in range(samples)]
        write_plan(place.plan, made, lambda: Head("0" * 64, "nifti", {}, {}, ()))
        (place.partial / "a").write_bytes(b"a")
        for number, each in enumerate(made):
            place.keep(number, Made(each.name, (MadeFile("a", hashlib.sha256(b"a").hexdigest(), 1),) * 200))
        tracemalloc.start()
        with place.opened() as plan:
            assert write_manifest(place, plan, Closing([]), place.partial).files == samples * 200
        assert verify(Folder(place.partial)).files == samples * 200
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
