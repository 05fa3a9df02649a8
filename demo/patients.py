"""Who is in the demo data: a table drawn from a seed, which is also the truth that tests compare answers with."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

Ventricles = Literal["together", "apart", "left only", "none"]
Pacemaker = Literal["procedure", "yes", "no", "not mentioned"]


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One patient of the demo and what is true of them.

    Attributes
    ----------
    lv_volume
        Volume of the left ventricle's cavity as drawn, in mL.
    ventricles
        Whether both ventricles lie in one segmentation object, in two, or not both.
    retired_codes
        Whether the segmentation spells its structures with retired SRT codes.
    pr_interval
        PR interval in ms.
    ecg_days_before_ct
        Days from the ECG to the CT; negative when the ECG came later.
    prosthesis
        Whether the history names an implanted aortic valve prosthesis.
    pacemaker
        How the history speaks of a pacemaker.
    """

    number: int
    sex: str
    birth_date: date
    ct_date: date
    lv_volume: float
    ventricles: Ventricles
    retired_codes: bool
    segmentation_type: str
    pr_interval: float
    ecg_days_before_ct: int
    prosthesis: bool
    pacemaker: Pacemaker
    structure_set: bool

    @property
    def patient_id(self) -> str:
        """Patient ID, ``DEMO-007``."""
        return f"DEMO-{self.number:03d}"

    def truth(self) -> dict[str, Any]:
        """What is true of the patient, as plain JSON values."""
        told = {key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(self).items()}
        return {"patientID": self.patient_id, **told}


def draw(count: int, seed: int) -> list[DemoPatient]:
    """Draw ``count`` patients; equal seeds give equal patients."""
    chance = random.Random(seed)  # noqa: S311 (a reproducible drawing, nothing secret)
    ventricles: list[Ventricles] = [
        "together",
        "apart",
        "together",
        "left only",
        "together",
        "apart",
        "together",
        "none",
    ]
    pacemakers: list[Pacemaker] = ["no", "not mentioned", "yes", "no", "procedure", "not mentioned"]
    patients = []
    for number in range(1, count + 1):
        ct_date = date(2024, 1, 8) + timedelta(days=chance.randrange(400))
        patients.append(
            DemoPatient(
                number=number,
                sex=chance.choice("FM"),
                birth_date=date(1934, 1, 1) + timedelta(days=chance.randrange(11000)),
                ct_date=ct_date,
                lv_volume=round(chance.uniform(100, 180), 1),
                ventricles=ventricles[number % len(ventricles)],
                retired_codes=number % 4 == 2,
                segmentation_type="FRACTIONAL" if number % 10 == 4 else "LABELMAP" if number % 10 == 8 else "BINARY",
                pr_interval=float(chance.randrange(120, 261, 2)),
                ecg_days_before_ct=chance.choice([0, 1, 3, 12, 29, 30, 45, 200, -2]),
                prosthesis=number % 3 != 0,
                pacemaker=pacemakers[number % len(pacemakers)],
                structure_set=number % 4 == 0,
            )
        )
    return patients
