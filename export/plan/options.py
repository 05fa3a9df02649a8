"""What an export is asked for: one table for the command line, HTTP and Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from ...errors import UsageError
from .source import source

Form = Literal["dicom", "manifest", "nifti", "nnunet", "monai", "arrays", "parquet"]
Unit = Literal["patient", "study", "series", "pair"]
Purpose = Literal["research", "commercial", "redistribute"]
FORMS: tuple[Form, ...] = get_args(Form)
UNITS: tuple[Unit, ...] = get_args(Unit)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
AS_THEY_ARE: tuple[Form, ...] = ("dicom", "manifest")
"""Forms of the objects themselves, of which no samples are made."""
_VOLUMES: tuple[Form, ...] = ("nifti", "nnunet", "monai")
_CASES: tuple[Form, ...] = ("nnunet", "monai")
_PARTS = ("train", "val", "validation", "test")
"""Parts of a split that are lists of their own where training reads them."""
_SAMPLES: tuple[Form, ...] = (*_VOLUMES, "arrays")
_TABLES: tuple[Form, ...] = (*_SAMPLES, "parquet")
_ONLY: Mapping[str, tuple[Form, ...]] = {
    "sample": _SAMPLES,
    "picks": _SAMPLES,
    "level": ("parquet",),
    "segments": _VOLUMES,
    "priority": _VOLUMES,
    "resample": _VOLUMES,
    "group": ("arrays", "monai"),
} | dict.fromkeys(("columns", "attribute_files", "split", "stratify", "seed", "include_model"), _TABLES)
"""Option → the forms that it means something for; one that is not here does for all."""


def _option(told: str, default: Any = MISSING) -> Any:
    return field(default=default, metadata={"told": told})


@dataclass(frozen=True, slots=True)
class Options:
    """Options of an export, each with what it means."""

    form: Form = _option("What to write")  # noqa: RUF009  as its type is no plain one
    sample: Unit = _option("What one sample is made of", "series")  # noqa: RUF009
    level: str = _option("Of a table: what its rows are; by default what the cohort consists of", "")
    segments: str = _option(
        "The labels: names or codes, parted by commas; a file with a label table; its rows as JSON", ""
    )
    priority: str = _option("Where labels overlap, which stays: 'left ventricle > myocardium'", "")
    columns: tuple[str, ...] = _option("Named attributes that samples or rows carry", ())
    attribute_files: tuple[str, ...] = _option("Files with named attributes of one's own", ())
    picks: tuple[str, ...] = _option("Which series a sample takes: 'ECG: nearest before CT, 30 d'", ())
    split: str = _option("Shares of persons: train=0.7,val=0.15,test=0.15", "")
    stratify: str = _option("A named attribute whose values each part gets its share of", "")
    seed: int = _option("Another seed, another split", 0)
    resample: str = _option("Grid in mm along x, y and z: 1x1x1mm", "")
    group: str = _option("Of waveforms: RHYTHM, MEDIAN, ORIGINAL, DERIVED or the number of a multiplex group", "")
    purpose: Purpose = _option("What the files are for: terms that forbid it stop the export", "research")  # noqa: RUF009
    override: str = _option("Why terms of use that forbid the purpose do not apply; it is recorded", "")
    include_model: bool = _option("Take objects that models made too", False)
    skip_missing: bool = _option("Leave out what can't be had; the manifest names it", False)
    sources: tuple[str, ...] = _option("Where else objects may be had: a DICOMweb service, a URI template", ())

    def __post_init__(self) -> None:
        for name, known in (("form", FORMS), ("sample", UNITS), ("purpose", PURPOSES)):
            if getattr(self, name) not in known:
                raise UsageError(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}")
        for each in fields(self):
            forms = _ONLY.get(each.name, FORMS)
            if self.form not in forms and getattr(self, each.name) != each.default:
                raise UsageError(f"an export as {self.form} has no option {each.name!r}; it is of {', '.join(forms)}")
        for uri in self.sources:
            source(uri)
        if self.resample:
            spacing(self.resample)
        if self.split:
            parts = shares(self.split)
            if self.form in _CASES and (unknown := [part for part in parts if part not in _PARTS]):
                raise UsageError(
                    f"{self.form} has no part {unknown[0]!r}, whose cases would be trained on; it knows the parts "
                    f"{', '.join(_PARTS)}"
                )
        elif self.stratify or self.seed:
            name = "stratify" if self.stratify else "seed"
            raise UsageError(f"{name} without a split; add, for example, split='train=0.8,test=0.2'")

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From JSON.

        Raises
        ------
        UsageError
            where an option is unknown or its value not valid.
        """
        known = {each.name for each in fields(cls)}
        if unknown := sorted(values.keys() - known):
            raise UsageError(f"an export has no option {unknown[0]!r}; expected one of {', '.join(sorted(known))}")
        if "form" not in values:
            raise UsageError(f"an export needs a form; expected one of {', '.join(FORMS)}")
        return cls(**{each.name: _typed(each, values[each.name]) for each in fields(cls) if each.name in values})


def _typed(option: Field[Any], value: Any) -> Any:
    """The value of an option, a list as a tuple."""
    default = "" if option.default is MISSING else option.default
    if default == ():
        if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise UsageError(f"{option.name} is {value!r}; expected a list of texts")
    if type(value) is not type(default):
        expected = {str: "a text", int: "a whole number", bool: "true or false"}[type(default)]
        raise UsageError(f"{option.name} is {value!r}; expected {expected}")
    return value


def spacing(text: str) -> tuple[float, float, float]:
    """``1x1x2mm``: the distance of voxels along x, y and z in mm.

    Raises
    ------
    UsageError
        where it is none.
    """
    try:
        found = [float(part) for part in text.lower().strip().removesuffix("mm").split("x")]
    except ValueError:
        found = []
    if len(found) not in (1, 3) or not all(0 < each < 1000 for each in found):
        raise UsageError(f"resample is {text!r}; expected three lengths in mm, such as 1x1x1mm")
    x, y, z = found * 3 if len(found) == 1 else found
    return x, y, z


def shares(text: str) -> dict[str, float]:
    """``train=0.7,val=0.15,test=0.15``: the parts of a split and their shares, which make 1.

    Raises
    ------
    UsageError
        where it is none.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            number = float(share)
        except ValueError:
            number = -1
        if not name.strip().isidentifier() or name.strip() in found or not 0 < number <= 1:
            raise UsageError(f"split is {text!r}; expected names with shares, such as train=0.8,test=0.2")
        found[name.strip()] = number
    if abs(sum(found.values()) - 1) > 1e-6:
        raise UsageError(f"the shares of {text!r} make {sum(found.values()):g}; expected 1")
    return found
