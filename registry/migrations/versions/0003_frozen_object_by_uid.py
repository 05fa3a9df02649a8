"""An index by which a snapshot's object is found by its SOP Instance UID."""

from alembic import op

revision = "0003"
down_revision = "0002"
_NAME = "ix_snapshot_instances_instance"


def upgrade() -> None:
    """Create it."""
    op.create_index(_NAME, "snapshot_instances", ["snapshot", "instance"], unique=True)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(_NAME, "snapshot_instances")
