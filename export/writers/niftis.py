"""NIfTI-1 files: the same bytes for the same voxels, whenever and wherever they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dicom.volumes import Grid, Values
from ..written_files import whole

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_RGB = np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")])
_LEVEL = 1
"""Of isal: about the size that zlib's level 3 gives, at ten times its speed."""
SUFFIX = ".nii.gz"


def write_nifti(values: Values, grid: Grid, file: Path) -> tuple[str, int]:
    """Write a volume as ``.nii.gz``; its axes are those of the grid, its coordinates NIfTI's (x right, y to the front).

    A sheared grid has no qform, which holds rotations only; its sform tells its places.

    Returns
    -------
    SHA-256 and size of the file, which appears whole.
    """
    import nibabel
    from isal import igzip

    header: Any = nibabel.Nifti1Header  # neither library is typed
    pack: Any = igzip.IGzipFile
    array: NDArray[Any] = values.array
    header = header()
    if array.ndim == 4:
        array = np.ascontiguousarray(array).view(_RGB)[..., 0]
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape[::-1])
    affine = _LPS_TO_RAS @ grid.affine
    header.set_sform(affine, code="scanner")
    header.set_qform(affine, code="unknown" if grid.is_sheared else "scanner")
    header.set_xyzt_units("mm")
    header.set_slope_inter(values.slope, values.intercept)
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    with whole(file) as target:
        with pack("", "wb", _LEVEL, target, mtime=0) as packed:
            packed.write(header.binaryblock + bytes(4))
            little: Any = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
            packed.write(little.data.cast("B"))
        return target.digest(), target.size
