"""nnU-Net v2's raw format: imagesTr, labelsTr, imagesTs, labelsTs, dataset.json.

The folder is the data set's own, named as nnU-Net wants it: ``--out $nnUNet_raw/Dataset501_Heart``. Samples of the part
``test`` of a split are test cases; of its other parts, splits_final.json says which are for validation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..plan.model import Head, Label, Sample
from ..protocol import Closing, Fetch, Made, Writer
from .cases import channels, check_channels, write_case
from .images import left_out, waveforms
from .label_table import Colours, add_colours, write_json, write_label_table
from .niftis import SUFFIX

TEST, VALIDATION = "test", ("val", "validation")


class NnUNet:
    """A case for each sample: ``imagesTr/SAMPLE_0000.nii.gz``, a file a channel, and ``labelsTr/SAMPLE.nii.gz``.

    Colours are three channels: nnU-Net's reader takes one value a voxel.
    """

    def check(self, head: Head, samples: Iterable[Sample]) -> None:
        """Labels from 1 without gaps, the same channels in every sample."""
        check_labels(head.labels)
        channels(samples, "nnU-Net")

    def sample(self, head: Head, sample: Sample, fetch: Fetch, folder: Path) -> Made:
        """Write a case."""
        part = "Ts" if sample.split == TEST else "Tr"
        return write_case(
            head,
            sample,
            fetch,
            folder,
            image=lambda number, _: f"images{part}/{sample.name}_{number:04d}{SUFFIX}",
            label=f"labels{part}/{sample.name}{SUFFIX}",
        )

    def finish(self, head: Head, made: Iterable[tuple[Sample, Made]], folder: Path) -> Closing:
        """Write dataset.json, splits_final.json where there is a validation part, and the label table."""
        parts: Counter[str] = Counter()
        splits: dict[str, list[str]] = {"train": [], "val": []}
        named: dict[int, str] = {}
        colours: Colours = {}
        waves: set[str] = set()
        alike: dict[tuple[str, ...], str] = {}
        for sample, one in made:
            add_colours(one, colours)
            waves |= waveforms(sample)
            if one.skipped:
                continue
            parts["Ts" if sample.split == TEST else "Tr"] += 1
            if sample.split != TEST:
                splits["val" if sample.split in VALIDATION else "train"].append(sample.name)
            check_channels(sample, one, alike, "nnU-Net")
            named |= {number: each["channel"] for number, each in enumerate(one.details["volumes"])}
        about: dict[str, Any] = {
            "channel_names": {str(number): role for number, role in sorted(named.items())},
            "labels": {"background": 0, **{label.name: label.value for label in head.labels}},
            "numTraining": parts["Tr"],
            "numTest": parts["Ts"],
            "file_ending": SUFFIX,
            "overwrite_image_reader_writer": "SimpleITKIO",
            "reference": str(head.about.get("snapshot", "")),
            "licence": "; ".join(sorted({str(source.get("license", "")) for source in head.sources} - {""})),
        }
        files = [write_json(about, folder, "dataset.json")]
        if splits["val"]:
            files.append(write_json([splits], folder, "splits_final.json"))
        return Closing(files + write_label_table(head, folder, colours), left_out(waves, head))


def check_labels(labels: Sequence[Label]) -> None:
    """Whether there are labels, with values from 1 without gaps, and names of their own.

    Raises
    ------
    UsageError
        where not.
    """
    if not labels:
        raise UsageError(
            "nothing in the snapshot is segmented, or --segments names nothing of it: nnU-Net needs labels"
        )
    if sorted({label.value for label in labels}) != list(range(1, len(labels) + 1)):
        values = ", ".join(str(label.value) for label in labels)
        raise UsageError(f"nnU-Net takes label values from 1 without gaps; the label table has {values}")
    if any(label.name == "background" for label in labels):
        raise UsageError(
            "a label is called 'background', which is nnU-Net's name of 0; give it another one in a label table"
        )
    if twice := [name for name, count in Counter(label.name for label in labels).items() if count > 1]:
        raise UsageError(f"two labels are called {twice[0]!r}; give them names of their own in a label table")


WRITER: Writer = NnUNet()
