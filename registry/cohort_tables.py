"""The tables of cohorts and their snapshots; each change of them is a migration in ``migrations/versions``."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from .tables import metadata

cohorts = Table(
    "cohorts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("question", JSON, nullable=False),
    Column("level", String),
    Column("owner", String, nullable=False),
    Column("notes", Text, nullable=False),
    Column("created", String, nullable=False),
)
"""One row per cohort; ``level`` is null where it is the question's root. Times are ISO 8601 in UTC."""

decisions = Table(
    "cohort_decisions",
    metadata,
    Column("cohort", Integer, ForeignKey("cohorts.id"), primary_key=True),
    Column("uid", String, primary_key=True),
    Column("decision", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("time", String, nullable=False),
)
"""Curation as it holds now: the last decision on each public id. All that were ever taken are among the events."""

events = Table(
    "cohort_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort", Integer, ForeignKey("cohorts.id"), nullable=False, index=True),
    Column("time", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("event", String, nullable=False),
    Column("detail", JSON, nullable=False),
)
"""A cohort's history, oldest first."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort", Integer, ForeignKey("cohorts.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String, nullable=False),
    Column("question", JSON, nullable=False),
    Column("level", String, nullable=False),
    Column("codes", JSON, nullable=False),
    Column("curation", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("store_version", BigInteger, nullable=False),
    Column("next_ordinal", BigInteger, nullable=False),
    Column("software_version", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("created", String, nullable=False),
    UniqueConstraint("cohort", "number"),
)
"""One row per snapshot, written in one transaction with its contents and never changed. Objects that came to the store
later have ordinals from ``next_ordinal`` on."""

snapshot_members = Table(
    "snapshot_members",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("included", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""The public ids that the cohort consists of, at its level; ``included`` by hand, where the question finds it not."""

snapshot_series = Table(
    "snapshot_series",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("patient", String, nullable=False),
    Column("patient_id", String, nullable=False),
    Column("study", String, nullable=False),
    Column("series", String, nullable=False),
    sqlite_with_rowid=False,
)
"""The series with frozen objects, numbered in the order of patient, study and series."""

snapshot_instances = Table(
    "snapshot_instances",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("series", Integer, primary_key=True),
    Column("instance", String, primary_key=True),
    Column("header_digest", String, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Index("ix_snapshot_instances_instance", "snapshot", "instance", unique=True),
    sqlite_with_rowid=False,
)
"""The frozen objects: SOP Instance UID, the number of the series, the digest of the kept header. The
index finds one of them by its UID, as an export over the network asks for each."""

snapshot_matched = Table(
    "snapshot_matched",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.id"), primary_key=True),
    Column("level", String, primary_key=True),
    Column("id", String, primary_key=True),
    sqlite_with_rowid=False,
)
"""What the question's positive clauses matched, by level: segments, items …"""
