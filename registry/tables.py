"""The tables of the registry; each change of them is a migration in ``migrations/versions``."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, MetaData, String, Table, Text


class State(StrEnum):
    """What became of the object at a location."""

    KEPT = "kept"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("dataset", String, nullable=False),
    Column("paths", JSON, nullable=False),
    Column("software_version", String, nullable=False),
    Column("started", String, nullable=False),
    Column("finished", String),
    Column("report", JSON),
)
"""One row per ingest; ``finished`` is null where it was stopped. Times are ISO 8601 in UTC."""

locations = Table(
    "locations",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("dataset", String, primary_key=True),
    Column("sop_instance_uid", String, nullable=False, default="", index=True),
    Column("state", String, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("ctime_ns", BigInteger, nullable=False),
    Column("seen_ns", BigInteger, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("run", Integer, ForeignKey("runs.id"), nullable=False),
)
"""What was seen where: the state of a file or archive member as of the last run that read it. ``seen_ns`` is the time
before it was read, so that a later change of the file can be told by its times."""
