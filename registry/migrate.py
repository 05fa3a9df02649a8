"""Brings a registry to this software's tables, through the migrations shipped beside this file."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from ..errors import StoreError


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing.

    Raises
    ------
    StoreError
        where the registry was written by newer software.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == scripts.get_current_head():
            return
        if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
            raise StoreError(f"the registry has revision {current}, newer than this software: update cohortgraph")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
