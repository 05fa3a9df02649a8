"""The forms in which a cohort is written, one file each."""

from __future__ import annotations

from importlib import import_module

from ...errors import UsageError
from ..protocol import Writer

WRITERS = {
    "dicom": "objects",
    "manifest": "manifest",
    "nifti": "nifti",
    "nnunet": "nnunet",
    "monai": "monai",
    "arrays": "arrays",
    "parquet": "parquet",
}
"""Form → the module of this package that writes it; its ``WRITER`` is a :class:`~.protocol.Writer`."""


def writer(form: str) -> Writer:
    """What writes a form; imported when it is asked for, as some need libraries of the extra ``export``.

    Raises
    ------
    UsageError
        where there is none, or a library is not installed.
    """
    if form not in WRITERS:
        raise UsageError(f"nothing is written as {form!r}; expected one of {', '.join(WRITERS)}")
    try:
        found: Writer = import_module(f".{WRITERS[form]}", __name__).WRITER
    except ImportError as error:
        raise UsageError(f"an export as {form} needs {error.name}: pip install 'cohortgraph[export]'") from error
    return found
