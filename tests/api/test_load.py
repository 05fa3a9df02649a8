"""A slice of ``python -m benchmarks.load``: questions while objects arrive and the server is killed once."""

from __future__ import annotations

from pathlib import Path

from benchmarks.load.__main__ import free_port
from benchmarks.load.batches import pack
from benchmarks.load.run import trial
from demo.generate import generate

VENTRICLE = {"type": {"is": "SCT:87878005"}}
DOCUMENTS = [
    {"patients": {"segments": {"some": VENTRICLE | {"volume": {"gt": {"value": 1, "unit": "mL"}}}}}},
    {"instances": {"kind": {"eq": "segmentation"}, "references": {"some": {"series": {"modality": {"eq": "CT"}}}}}},
    {"segments": VENTRICLE},
    {"series": {"instances": {"none": {"kind": {"eq": "report"}}}}},
]


def test_no_error_and_no_wrong_answer_while_objects_arrive_and_the_server_is_killed(tmp_path: Path) -> None:
    generate(tmp_path / "drawn", patients=2, workers=1)
    archives = pack(tmp_path / "drawn", tmp_path / "archives", 56, 4)
    result = trial(tmp_path, archives, DOCUMENTS, clients=6, seconds=4, port=free_port())
    assert result.told.errors == []
    assert result.wrong == []
    assert result.same_digest
    assert result.versions > 1
    assert all(result.told.seconds.values())
