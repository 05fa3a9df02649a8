"""What is not the graph: locations seen, quarantine, conflicts, runs (SQLAlchemy; migrations by Alembic)."""

from .registry import Held, Registry, Seen
from .tables import State

__all__ = ["Held", "Registry", "Seen", "State"]
