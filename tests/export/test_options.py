"""Options of exports: each for the forms that it means something for."""

from __future__ import annotations

from typing import Any

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.plan.options import FORMS, Options


@pytest.mark.parametrize(
    ("name", "value", "forms"),
    [
        ("segments", "left ventricle", {"nifti", "nnunet", "monai"}),
        ("resample", "1x1x1mm", {"nifti", "nnunet", "monai"}),
        ("sample", "study", {"nifti", "nnunet", "monai", "arrays"}),
        ("picks", ("CT: largest",), {"nifti", "nnunet", "monai", "arrays"}),
        ("group", "MEDIAN", {"arrays", "monai"}),
        ("level", "segments", {"parquet"}),
        ("columns", ("sex",), {"nifti", "nnunet", "monai", "arrays", "parquet"}),
        ("purpose", "commercial", set(FORMS)),
    ],
)
def test_an_option_that_means_nothing_for_a_form_is_refused(name: str, value: Any, forms: set[str]) -> None:
    for form in FORMS:
        if form in forms:
            assert getattr(Options(form, **{name: value}), name) == value
        else:
            with pytest.raises(UsageError, match=f"an export as {form} has no option '{name}'; it is of "):
                Options(form, **{name: value})


@pytest.mark.parametrize("form", ["nnunet", "monai"])
def test_a_part_that_would_be_trained_on_by_another_name_is_refused(form: Any) -> None:
    for part in ("holdout", "Test", "testing"):
        with pytest.raises(UsageError, match=f"{form} has no part '{part}', whose cases would be trained on"):
            Options(form, split=f"train=0.5,{part}=0.5")
        assert Options("nifti", split=f"train=0.5,{part}=0.5").split
    assert Options(form, split="train=0.4,val=0.2,validation=0.2,test=0.2").split


@pytest.mark.parametrize(("name", "value"), [("stratify", "sex"), ("seed", 7)])
def test_what_is_of_a_split_needs_one(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name} without a split"):
        Options("nifti", **{name: value})
    assert Options("nifti", split="train=0.5,test=0.5", **{name: value}).split
