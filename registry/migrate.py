"""Brings a registry to this software's tables, through the migrations shipped beside this file."""

from __future__ import annotations

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from ..errors import StoreError

_one_at_a_time = threading.Lock()
"""Alembic keeps what it is at in variables of its modules."""


def migrate(engine: Engine) -> None:
    """Apply the migrations that are missing: all of them or, where the process is killed, none.

    Raises
    ------
    StoreError
        where the registry was written by newer software.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        if _is_current(connection, scripts):
            return
    # Python's sqlite3 begins no transaction before CREATE TABLE: told to begin none at all, it leaves that to us.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection, connection.begin():
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not _is_current(connection, scripts):  # it may have waited for another process to do it
            with _one_at_a_time:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")


def _is_current(connection: Connection, scripts: ScriptDirectory) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    if current not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise StoreError(f"the registry has revision {current}, newer than this software: update cohortgraph")
    return current == scripts.get_current_head()
