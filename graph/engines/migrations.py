"""Steps from one version of the schema to the next.

New labels, edge types and properties need none: ``ensure_schema`` adds what is missing. A step is for what it can't
add: a rename, another type, a value computed anew. It goes with a raised ``schema.SCHEMA_VERSION``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import StoreError
from ..arrow import first
from ..engine import Batch, Engine
from ..schema import SCHEMA_VERSION

Step = Callable[[Engine], None]


def _nothing(_: Engine) -> None:
    """New labels, edge types and properties only: `ensure_schema` makes them, empty until objects are read again."""


STEPS: Mapping[int, Step] = {1: _nothing, 2: _nothing}
"""Version → the step that leads from it to the next. Each is safe to run again: a crash may fall before its end."""


def check_schema_version(
    engine: Engine,
    steps: Mapping[int, Step] | None = None,
    wanted: int = SCHEMA_VERSION,
) -> None:
    """Bring an older store to the ``wanted`` version, step by step; each done step is recorded before the next.

    Raises
    ------
    StoreError
        where the store is newer than this software, or no step leads on from its version.
    """
    steps = STEPS if steps is None else steps
    found = int(first(engine.read("MATCH (m:Meta {id: 'store'}) RETURN m.schemaVersion"), wanted))
    if found > wanted:
        raise StoreError(
            f"the store has schema version {found}, this software knows {wanted}: install a newer cohortgraph"
        )
    for version in range(found, wanted):
        if version not in steps:
            raise StoreError(f"no migration leads from schema version {version} to {version + 1}")
        steps[version](engine)
        engine.write(Batch(set_nodes={"Meta": [{"id": "store", "schemaVersion": version + 1}]}))
