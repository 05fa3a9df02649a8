"""What is not the graph: locations seen, quarantine, conflicts, runs (SQLAlchemy; migrations by Alembic)."""
