"""What tells one export from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ...queries.columns import Attribute
from ..plan.model import Label
from ..plan.options import Options, shares, spacing

REVISION = 2
"""Of what is written of the same objects: raised when that changes, so that no export goes on with files of before."""

_ASIDE = ("skip_missing", "sources", "attribute_files")
"""Options that decide on what can be had, not on the files."""


def identity_of(
    digest: str,
    options: Options,
    labels: Sequence[Label] = (),
    columns: Sequence[Attribute] = (),
    models: Mapping[str, str] | None = None,
) -> str:
    """SHA-256 over all that decides on the files; of named attributes what they say, not which file says it.

    Parameters
    ----------
    digest
        Of the snapshot.
    models
        Data set → the model that made its objects, where these are left out.
    """
    told = [[each.value, each.name, each.concepts, each.priority] for each in labels]
    asked = {name: value for name, value in options.to_dict().items() if name not in _ASIDE}
    asked["resample"] = spacing(options.resample) if options.resample else None  # however it is spelled
    asked["split"] = shares(options.split) if options.split else None
    all_of_it = [REVISION, digest, asked, told, [asdict(each) for each in columns], *([models] if models else [])]
    return hashlib.sha256(json.dumps(all_of_it, sort_keys=True, default=str).encode()).hexdigest()
