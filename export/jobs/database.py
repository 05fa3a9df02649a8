"""The database of jobs: SQLite in the store's folder, or a PostgreSQL that several machines reach.

``dbos`` keeps its own tables there: which jobs wait, run, have ended, and how far. Beside them lie three of ours: what
the jobs are, how far their samples are, and which workers live.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from ...errors import StoreError, UsageError

ENVIRONMENT = "COHORTGRAPH_JOBS_URL"
FILE = "jobs.sqlite"

METADATA = MetaData()
JOBS = Table(
    "cohortgraph_export",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("out", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("skip_missing", Boolean, nullable=False),
    Column("created", Float, nullable=False),
    Column("attempt", BigInteger, nullable=False),
    Column("samples", BigInteger, nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("identity", Text, nullable=False, server_default=""),
)
SAMPLES = Table(
    "cohortgraph_export_sample",
    METADATA,
    Column("job", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("objects", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("made", Float, nullable=False),
)
WORKERS = Table(
    "cohortgraph_worker",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("concurrency", BigInteger, nullable=False),
    Column("beat", Float, nullable=False),
)


def jobs_url(directory: Path | str | None) -> str:
    """Where the jobs of a store lie: what ``COHORTGRAPH_JOBS_URL`` names, else a file in its directory.

    Raises
    ------
    UsageError
        where neither is known, or the URL is of another kind of database.
    """
    url = os.environ.get(ENVIRONMENT, "")
    if not url:
        if directory is None or not Path(directory).is_dir():
            raise UsageError(f"no store at {directory}; name its directory, or the database of jobs by {ENVIRONMENT}")
        return f"sqlite:///{Path(directory).absolute() / FILE}"
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise UsageError(f"{ENVIRONMENT} names {url.partition(':')[0]!r}; expected sqlite:///FILE or postgresql://…")
    return url


def exports_known(directory: Path) -> bool:
    """Whether a store may have exports as jobs."""
    return bool(os.environ.get(ENVIRONMENT)) or (directory / FILE).is_file()


def prepared(url: str) -> Engine:
    """The database with all its tables.

    Raises
    ------
    StoreError
        where it can't be used.
    """
    from dbos import DBOS

    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    engine = create_engine(make_url(url).set(drivername=_driver(url)))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _settle)
    try:
        DBOS.migrate(url)
        with engine.begin() as connection:
            _alone(connection)
            METADATA.create_all(connection)
            _extend(connection)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        shown = make_url(url).render_as_string(hide_password=True)
        raise StoreError(f"the database of jobs can't be used, {shown}: {reason}") from error
    return engine


def _alone(connection: Connection) -> None:
    """Let others that make the tables wait until this transaction ends.

    ``CREATE TABLE IF NOT EXISTS`` is no help to those who look at the same time: PostgreSQL refuses the second.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(JOBS.name))))


def _extend(connection: Connection) -> None:
    """Add what a database lacks that was made before exports had an identity."""
    if all(each["name"] != "identity" for each in inspect(connection).get_columns(JOBS.name)):
        connection.exec_driver_sql(f"ALTER TABLE {JOBS.name} ADD COLUMN identity TEXT NOT NULL DEFAULT ''")


def _driver(url: str) -> str:
    return "sqlite" if url.startswith("sqlite:") else "postgresql+psycopg"


def _settle(connection: Any, _: object) -> None:
    connection.execute("PRAGMA busy_timeout = 30000")
    with suppress(OperationalError):  # SQLite waits for nobody here: who comes next finds it set, or sets it
        connection.execute("PRAGMA journal_mode = WAL")
