"""The registry: what was seen where."""

import contextlib
import itertools
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, inspect

from cohortgraph.errors import StoreError
from cohortgraph.registry import Registry, Seen, State
from cohortgraph.registry.migrate import migrate
from cohortgraph.registry.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.sqlite"


def test_the_migrations_give_exactly_the_declared_tables(path: Path) -> None:
    Registry(path).close()
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_keeps_what_was_recorded(path: Path) -> None:
    seen = Seen("file:///a", "one", State.KEPT, "1.2", 10, 11, 12, 13, run=1)
    with Registry(path) as registry:
        registry.begin_run("one", ["/"], "0")
        registry.record([seen])
    with Registry(path) as registry:
        assert registry.seen(["file:///a", "file:///b"], "one") == {"file:///a": seen}
        assert registry.seen(["file:///a"], "two") == {}


def test_a_location_has_one_state_per_data_set(path: Path) -> None:
    with Registry(path) as registry:
        run = registry.begin_run("one", ["/"], "0")
        registry.record([Seen("file:///a", "one", State.QUARANTINED, reason="torn", run=run)])
        registry.record([Seen("file:///a", "two", State.CONFLICT, "1.2", reason="differs", run=run)])
        assert [held.reason for held in registry.held()] == ["torn", "differs"]
        registry.record([Seen("file:///a", "one", State.KEPT, "1.2", run=run)])
        assert registry.quarantined() == []
        registry.record([], forget=[("file:///a", "two")])
        assert registry.held() == []


def test_many_locations_are_asked_for_at_once(path: Path) -> None:
    with Registry(path) as registry:
        run = registry.begin_run("one", ["/"], "0")
        registry.record(Seen(f"file:///{n}", "one", State.KEPT, run=run) for n in range(2000))
        assert len(registry.seen([f"file:///{n}" for n in range(1, 3000)], "one")) == 1999


def test_a_stopped_run_is_not_finished(path: Path) -> None:
    with Registry(path) as registry:
        first, second = registry.begin_run("one", ["/a"], "0"), registry.begin_run("one", ["/a"], "0")
        registry.finish_run(second, {"files": 3})
        stopped, done = registry.runs()
        assert stopped["id"] == first and stopped["finished"] is None
        assert done["report"] == {"files": 3} and done["finished"] > done["started"][:10]


def test_a_registry_of_newer_software_is_refused(path: Path) -> None:
    Registry(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer than this software"):
        Registry(path)


def test_a_file_that_is_no_registry_says_what_to_do(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="ingest the same paths again"):
        Registry(path)


def test_a_registry_without_cohorts_is_migrated_and_keeps_what_it_knows(path: Path) -> None:
    seen = Seen("file:///a", "one", State.KEPT, "1.2", run=1)
    with Registry(path) as registry:
        registry.begin_run("one", ["/"], "0")
        registry.record([seen])
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__code__.co_filename).parent / "migrations"))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert inspect(connection).get_table_names() == ["alembic_version", "locations", "runs"]
    with Registry(path) as registry:
        assert registry.seen(["file:///a"], "one") == {"file:///a": seen}
    with create_engine(f"sqlite:///{path}").connect() as connection:
        assert inspect(connection).has_table("snapshots")


def test_a_registry_is_made_wholly_or_not_at_all(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    for stop in itertools.count(1):
        path = tmp_path / f"{stop}.sqlite"
        statements = itertools.count(1)

        def count(*_: Any, statements: Any = statements, stop: int = stop) -> None:
            if next(statements) == stop:
                raise Stopped

        event.listen(Engine, "before_cursor_execute", count)
        try:
            with contextlib.suppress(Stopped):
                Registry(path).close()
                break
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        Registry(path).close()
        with create_engine(f"sqlite:///{path}").connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert stop > 10


def test_a_registry_is_made_once_where_several_open_it(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for opened in pool.map(lambda _: Registry(path), range(8)):
            opened.close()
