"""Locations seen, and runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("dataset", sa.String, nullable=False),
        sa.Column("paths", sa.JSON, nullable=False),
        sa.Column("software_version", sa.String, nullable=False),
        sa.Column("started", sa.String, nullable=False),
        sa.Column("finished", sa.String),
        sa.Column("report", sa.JSON),
    )
    op.create_table(
        "locations",
        sa.Column("uri", sa.Text, primary_key=True),
        sa.Column("dataset", sa.String, primary_key=True),
        sa.Column("sop_instance_uid", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime_ns", sa.BigInteger, nullable=False),
        sa.Column("ctime_ns", sa.BigInteger, nullable=False),
        sa.Column("seen_ns", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("run", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
    )
    op.create_index("ix_locations_sop_instance_uid", "locations", ["sop_instance_uid"])
    op.create_index("ix_locations_state", "locations", ["state"])


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("locations")
    op.drop_table("runs")
