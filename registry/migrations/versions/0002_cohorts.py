"""Cohorts and their snapshots."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "cohorts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("question", sa.JSON, nullable=False),
        sa.Column("level", sa.String),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("created", sa.String, nullable=False),
    )
    op.create_table(
        "cohort_decisions",
        sa.Column("cohort", sa.Integer, sa.ForeignKey("cohorts.id"), primary_key=True),
        sa.Column("uid", sa.String, primary_key=True),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("time", sa.String, nullable=False),
    )
    op.create_table(
        "cohort_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cohort", sa.Integer, sa.ForeignKey("cohorts.id"), nullable=False),
        sa.Column("time", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
    )
    op.create_index("ix_cohort_events_cohort", "cohort_events", ["cohort"])
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("cohort", sa.Integer, sa.ForeignKey("cohorts.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("question", sa.JSON, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("codes", sa.JSON, nullable=False),
        sa.Column("curation", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("store_version", sa.BigInteger, nullable=False),
        sa.Column("next_ordinal", sa.BigInteger, nullable=False),
        sa.Column("software_version", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.UniqueConstraint("cohort", "number"),
    )
    op.create_table(
        "snapshot_members",
        sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("included", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_series",
        sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("patient", sa.String, nullable=False),
        sa.Column("patient_id", sa.String, nullable=False),
        sa.Column("study", sa.String, nullable=False),
        sa.Column("series", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_instances",
        sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.id"), primary_key=True),
        sa.Column("series", sa.Integer, primary_key=True),
        sa.Column("instance", sa.String, primary_key=True),
        sa.Column("header_digest", sa.String, nullable=False),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshot_matched",
        sa.Column("snapshot", sa.Integer, sa.ForeignKey("snapshots.id"), primary_key=True),
        sa.Column("level", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("matched", "instances", "series", "members"):
        op.drop_table(f"snapshot_{name}")
    for name in ("snapshots", "cohort_events", "cohort_decisions", "cohorts"):
        op.drop_table(name)
