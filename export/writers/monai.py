"""MONAI: NIfTI files and datalist.json in the form of the Medical Segmentation Decathlon.

``monai.data.load_decathlon_datalist("OUT/datalist.json", True, "training")`` reads it; a sample's columns lie in its
item beside ``image`` and ``label``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..plan.model import Head, Sample
from ..protocol import Closing, Fetch, Made, Writer
from .arrays import write_arrays
from .cases import channels, check_channels, write_case
from .images import Read, is_waveform
from .label_table import Colours, add_colours, write_json, write_label_table
from .niftis import SUFFIX
from .nnunet import TEST, VALIDATION

_OWN = frozenset(("image", "label", "name"))


class Monai:
    """``images/SAMPLE_ROLE.nii.gz``, ``labels/SAMPLE.nii.gz``, and ``waveforms/SAMPLE_ROLE_GROUP.npy``.

    A sample's item lists its waveforms under their role. Colours are three images, such as ``SAMPLE_XC.red.nii.gz``.
    """

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """The same roles in every sample, and columns with other names than an item's own."""
        if own := sorted(_OWN & set(head.columns)):
            raise UsageError(f"a column is called {own[0]!r}, as MONAI's items call their own; give it another name")
        channels(samples, "MONAI")

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Write a sample's volumes, label map and waveforms."""
        made = write_case(
            head,
            sample,
            fetch,
            folder,
            image=lambda _, channel: f"images/{sample.name}_{channel.replace(' ', '.')}{SUFFIX}",
            label=f"labels/{sample.name}{SUFFIX}",
        )
        waves = [each for each in sample.series if is_waveform(each)]
        if made.skipped or not waves:
            return made
        read = Read(dict(made.missing), list(made.warnings))
        wanted = str(head.options.get("group", ""))
        files, told = write_arrays(waves, fetch, folder, f"waveforms/{sample.name}_", read, wanted)
        details = {**made.details, "waveforms": told}
        return replace(
            made, files=(*made.files, *files), missing=read.missing, warnings=tuple(read.warnings), details=details
        )

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write datalist.json and the label table."""
        parts: dict[str, list[dict[str, Any]]] = {"training": [], "validation": [], "test": []}
        modalities: dict[str, str] = {}
        colours: Colours = {}
        alike: dict[tuple[str, ...], str] = {}
        for sample, one in made:
            add_colours(one, colours)
            if one.skipped:
                continue
            check_channels(sample, one, alike, "MONAI")
            images = [each["file"] for each in one.details["volumes"]]
            modalities |= {str(n): each["modality"] for n, each in enumerate(one.details["volumes"])}
            item: dict[str, Any] = {"image": images[0] if len(images) == 1 else images}
            if one.details["label"]:
                item["label"] = one.details["label"]
            for wave in one.details.get("waveforms", ()):
                item.setdefault(wave["role"], []).append(wave["file"])
            parts[_part(sample.split)].append({**item, "name": sample.name, **sample.values})
        about = {
            "name": str(head.about.get("snapshot", "")),
            "licence": "; ".join(sorted({str(source.get("license", "")) for source in head.sources} - {""})),
            "modality": modalities,
            "labels": {"0": "background", **{str(label.value): label.name for label in head.labels}},
            "numTraining": len(parts["training"]),
            "numTest": len(parts["test"]),
            **parts,
        }
        return Closing([write_json(about, folder, "datalist.json"), *write_label_table(head, folder, colours)])


def _part(split: str) -> str:
    return "test" if split == TEST else "validation" if split in VALIDATION else "training"


WRITER: Writer = Monai()
