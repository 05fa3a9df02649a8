"""Write the demo data set: folders of DICOM files and ``truth.json``."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from .objects.common import save
from .objects.ct import ct_series
from .objects.ecg import ecg
from .objects.measurement_report import measurement_report
from .objects.reports import ecg_report, history
from .objects.rtstruct import structure_set
from .objects.segmentation import segmentations
from .patients import DemoPatient, draw
from .phantom import draw_heart


def write_patient(folder: Path, patient: DemoPatient) -> int:
    """Write all objects of one patient under ``folder`` and return how many there are."""
    heart = draw_heart(patient.lv_volume, patient.number)
    images = ct_series(patient, heart)
    objects = segmentations(patient, heart, images)
    waveform = ecg(patient)
    named = {f"CT/{number:03d}.dcm": image for number, image in enumerate(images, start=1)}
    named |= {f"SEG/{number}.dcm": segmentation for number, segmentation in enumerate(objects, start=1)}
    named |= {"ECG/ecg.dcm": waveform, "SR/ecg.dcm": ecg_report(patient, waveform), "SR/history.dcm": history(patient)}
    report = measurement_report(patient, heart, images, objects)
    if report is not None:
        named["SR/measurements.dcm"] = report
    if patient.structure_set:
        named["RTSTRUCT/contours.dcm"] = structure_set(patient, images)
    for name, dataset in named.items():
        save(dataset, folder / patient.patient_id / name)
    return len(named)


def generate(
    folder: Path,
    patients: int = 40,
    seed: int = 7,
    workers: int | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the data set and return the number of files; ``done`` is called with the files of each patient written."""
    drawn = draw(patients, seed)
    folder.mkdir(parents=True, exist_ok=True)
    files = 0
    with ProcessPoolExecutor(workers) as pool:
        for written in pool.map(partial(write_patient, folder), drawn):
            files += written
            done(written)
    (folder / "truth.json").write_text(json.dumps([patient.truth() for patient in drawn], indent=1) + "\n")
    return files
