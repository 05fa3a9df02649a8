"""What is not the graph: locations seen, quarantine, conflicts, runs; cohorts (SQLAlchemy; migrations by Alembic)."""

from . import cohort_tables
from .database import open_database
from .registry import Held, Registry, Seen
from .tables import State

__all__ = ["Held", "Registry", "Seen", "State", "cohort_tables", "open_database"]
