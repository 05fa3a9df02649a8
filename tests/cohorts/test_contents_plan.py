"""How SQLite finds a snapshot's objects."""

from pathlib import Path
from typing import Any

from sqlalchemy import event

from cohortgraph.cohorts.contents import object_of
from cohortgraph.registry import open_database


def test_a_frozen_object_is_found_without_reading_the_others(tmp_path: Path) -> None:
    database = open_database(tmp_path / "registry.sqlite")
    asked: list[tuple[str, Any]] = []
    event.listen(database, "before_cursor_execute", lambda _, __, text, given, *___: asked.append((text, given)))
    with database.connect() as connection:
        assert object_of(connection, 1, "1.2.3") is None
        text, given = asked[-1]
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)]
    assert plan[0] == "SEARCH snapshot_instances USING INDEX ix_snapshot_instances_instance (snapshot=? AND instance=?)"
