"""People's own Cypher reads, and nothing else (design: read-only is our job)."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohortgraph.errors import CohortGraphError, UsageError, WorkFailed
from cohortgraph.graph.engine import Batch
from cohortgraph.queries.handwritten.guard import LONGEST_PATH, admit, run
from cohortgraph.queries.handwritten.tokens import without_comments

SECRET = "sesame-7f3a"

ATTEMPTS = {
    # plain writing
    "create": "CREATE (:Series {id: 'x'})",
    "create after match": "MATCH (s:Series) CREATE (:Study {id: 'x'}) RETURN s",
    "set": "MATCH (s:Series) SET s.modality = 'XX'",
    "set and return": "MATCH (s:Series) SET s.modality = 'XX' RETURN s",
    "merge": "MERGE (s:Series {id: 'x'}) RETURN s",
    "delete": "MATCH (s:Series) DELETE s",
    "detach delete": "MATCH (s:Series) DETACH DELETE s",
    "remove": "MATCH (s:Series) REMOVE s.modality",
    "foreach": "MATCH (s:Series) FOREACH (x IN [1] | SET s.modality = 'XX')",
    "lower case": "match (s:Series) sEt s.modality = 'XX'",
    "after with": "MATCH (s:Series) WITH s SET s.modality = 'XX' RETURN s",
    "after return": "MATCH (s:Series) RETURN s DELETE s",
    "after star": "MATCH (s:Series) WITH * DELETE s",
    "after limit": "MATCH (s:Series) WITH s LIMIT 1 DELETE s",
    "after order": "MATCH (s:Series) WITH s ORDER BY s.id DESC DELETE s",
    "after a constant": "MATCH (s:Series) WHERE s.modality IS NOT NULL DELETE s",
    "after union": "MATCH (s:Series) RETURN s UNION CREATE (s:Series {id: 'x'}) RETURN s",
    "in a subquery": "MATCH (s:Series) WHERE EXISTS { MATCH (s) SET s.modality = 'XX' } RETURN s",
    "at a subquery's start": "MATCH (s:Series) WHERE EXISTS { CREATE (:Study {id: 'x'}) } RETURN s",
    "insert, GQL's create": "INSERT (:Series {id: 'x'})",
    # a word of Cypher as the name of a variable, to make a clause look like an operand
    "variable by": "MATCH (s:Series) WITH s AS by WITH by DELETE by",
    "variable not": "MATCH (not:Series) WITH not DELETE [not][0]",
    "variable not with a map": "MATCH (not {modality: 'CT'}) WITH not DELETE [not][0]",
    "variable in": "MATCH (in:Series) WITH in SET in.modality = 'XX' RETURN in.id",
    "variable case": "MATCH (case:Series) WITH case DELETE [case][0]",
    "variable null": "MATCH (s:Series) WITH s AS null DELETE null",
    "path called not": "MATCH not = (s:Series)-[:HAS_INSTANCE]->() WITH not DELETE not",
    "variable is": "MATCH (is:Series) WITH is DELETE is",
    "variable match": "MATCH (s:Series) WITH s AS match MATCH DELETE match",
    "variable return in a list": "UNWIND [1] AS x WITH [return IN [1] | return] AS r RETURN return DELETE [x][0]",
    "alias count": "MATCH (s:Series) WITH s AS count DELETE count",
    "label wildcard": "MATCH (s) WHERE s:% DELETE [s][0]",
    "factorial": "MATCH (s:Series) WHERE 3! DELETE [s][0]",
    # schema and administration
    "drop table": "DROP TABLE Series",
    "alter table": "ALTER TABLE Series ADD evil STRING",
    "create node table": "CREATE NODE TABLE Evil (id STRING, PRIMARY KEY (id))",
    "create macro": "CREATE MACRO evil(x) AS x + 1",
    "comment on": "COMMENT ON TABLE Series IS 'evil'",
    "drop constraint": "DROP CONSTRAINT Series_id IF EXISTS",
    "create index": "CREATE INDEX evil IF NOT EXISTS FOR (s:Series) ON (s.modality)",
    "checkpoint": "CHECKPOINT",
    "begin": "BEGIN TRANSACTION",
    "commit": "COMMIT",
    "use": "USE system MATCH (n) RETURN n",
    "show": "SHOW USERS",
    "explain": "EXPLAIN MATCH (n) DELETE n",
    "profile": "PROFILE MATCH (n) DELETE n",
    "planner option": "CYPHER runtime=slotted MATCH (n) RETURN n",
    # files, networks, procedures
    "load from a file": "LOAD FROM '{secret}' RETURN *",
    "load after match": "MATCH (s:Series) LOAD FROM '{secret}' RETURN *",
    "load csv": "LOAD CSV FROM 'file://{secret}' AS line RETURN line",
    "load csv in a subquery": "MATCH (s) WHERE EXISTS { LOAD CSV FROM 'file://{secret}' AS x RETURN x } RETURN s",
    "copy to a file": "COPY (MATCH (s:Series) RETURN s.id) TO '{target}'",
    "copy from a file": "COPY Series FROM '{secret}'",
    "export": "EXPORT DATABASE '{target}'",
    "import": "IMPORT DATABASE '{secret}'",
    "attach": "ATTACH '{target}' AS evil (dbtype duckdb)",
    "install": "INSTALL httpfs",
    "load extension": "LOAD EXTENSION httpfs",
    "call setting": "CALL timeout = 0",
    "call function": "CALL show_tables() RETURN *",
    "call procedure": "CALL db.labels() YIELD label RETURN label",
    "call after match": "MATCH (s:Series) CALL dbms.components() YIELD name RETURN name",
    "call subquery": "MATCH (s:Series) CALL { WITH s SET s.modality = 'XX' } RETURN s",
    "call in transactions": "MATCH (s:Series) CALL (s) { DETACH DELETE s } IN TRANSACTIONS RETURN 1",
    "optional call": "OPTIONAL CALL apoc.load.json('file://{secret}') YIELD value RETURN value",
    "namespaced function": "RETURN apoc.load.json('file://{secret}')",
    "namespaced function in quotes": "RETURN `apoc.load`.`json`('file://{secret}')",
    "quoted function": "RETURN `nextval`('evil')",
    "unknown function": "RETURN gds('x')",
    "sequence": "RETURN nextval('evil')",
    # hiding
    "two statements": "MATCH (s:Series) RETURN s; DROP TABLE Series",
    "two statements, no blank": "RETURN 1;CREATE (:Series {id: 'x'})",
    "behind a block comment": "MATCH (s:Series) /* only reading */ SET s.modality = 'XX'",
    "behind a line comment": "MATCH (s:Series) // only reading\nSET s.modality = 'XX'",
    "split by a comment": "MATCH (s:Series) DELETE/**/s",
    "comment in a string": "MATCH (s:Series {id: '/*'}) SET s.modality = '*/'",
    "unclosed comment": "MATCH (s:Series) RETURN s /* DELETE s",
    "quote in a string": "MATCH (s:Series {id: 'a\\''}) SET s.modality = 'XX' //'",
    "doubled quote": "MATCH (s:Series {id: 'a'' SET s.modality = '}) RETURN s",
    "escaped backslash": "MATCH (s:Series {id: 'a\\\\'}) SET s.modality = 'XX' //'}) RETURN s",
    "quote in a quoted name": "MATCH (`'`:Series) SET `'`.modality = 'XX'",
    "unicode escape of a word": "MATCH (s:Series) \\u0053ET s.modality = 'XX'",
    "unicode escape of a quote": "MATCH (s:Series {id: 'a\\u0027}) SET s.modality = \\u0027XX'",
    "doubled backslash before u": "MATCH (s:Series {id: 'a\\\\u0027}) SET s.modality = \\\\u0027XX'",
    "long s": "MATCH (s:Series) ſET s.modality = 'XX'",
    "fullwidth letters": "MATCH (s:Series) ＳＥＴ s.modality = 'XX'",
    "no-break space": "MATCH (s:Series)\u00a0SET s.modality = 'XX'",
    "null character": "MATCH (s:Series)\x00SET s.modality = 'XX'",
    # too much
    "unbounded path": "MATCH (a)-[*]->(b) RETURN a",
    "path without an end": "MATCH (a)-[:HAS_CHILD*1..]->(b) RETURN a",
    "path with a high end": "MATCH (a)-[:HAS_CHILD*1..1000000]->(b) RETURN a",
    "path bounded by a parameter": "MATCH (a)-[:HAS_CHILD*1..$n]->(b) RETURN a",
    "path in an expression": "MATCH (a) WHERE EXISTS { (a)-[:HAS_CHILD*]->() } RETURN a",
    "shortest path": "MATCH p = (a)-[* SHORTEST 1..3]->(b) RETURN p",
    "quantified path": "MATCH ((a)-[:HAS_CHILD]->(b))+ RETURN a",
    "quantified path in braces": "MATCH ((a)-[:HAS_CHILD]->(b)){1,} RETURN a",
    "quantified relationship": "MATCH (a)-[:HAS_CHILD]->+(b) RETURN a",
    "much out of little": "UNWIND range(1, 100000000000) AS x RETURN x",
    "repeat": "RETURN repeat('x', 1000000000)",
    "deep brackets": "RETURN " + "(" * 5000 + "1" + ")" * 5000,
    "long statement": "RETURN 1" + " + 1" * 10000,
    "nothing": "  // nothing\n",
}

ADMITTED = {
    "MATCH (s:Series) RETURN s.modality AS m, count(*) AS count ORDER BY m": [("CT", 2), ("MR", 1)],
    "MATCH (s:Series) RETURN DISTINCT s.modality AS m ORDER BY m DESC LIMIT 1;": [("MR",)],
    "MATCH (s:Series {id: 'c'}) RETURN s.id, s.seriesDescription": [("c", "CREATE; /* not */ SET")],
    "MATCH (s:Series) WHERE s.seriesDescription CONTAINS 'DELETE' RETURN s.id": [],
    "MATCH (t:Study)-[:HAS_SERIES]->(s:Series) WHERE s.modality IN ['CT'] RETURN t.id, s.id ORDER BY s.id": [
        ("t", "a"),
        ("t", "b"),
    ],
    "MATCH (t:Study) WHERE NOT EXISTS { MATCH (t)-[:HAS_SERIES]->(s:Series {modality: 'CT'}) } RETURN t.id": [("u",)],
    "MATCH (t:Study) WHERE COUNT { MATCH (t)-[:HAS_SERIES]->(:Series) } >= 2 RETURN t.id": [("t",)],
    "MATCH (t:Study)-[:HAS_SERIES*1..2]->(s) RETURN count(s) AS n": [(3,)],
    "UNWIND ['CT', 'MR'] AS m MATCH (s:Series {modality: m}) RETURN m, count(s) AS n ORDER BY m": [
        ("CT", 2),
        ("MR", 1),
    ],
    "MATCH (s:Series {id: 'a'}) RETURN s.id AS x UNION MATCH (s:Series {id: 'a'}) RETURN s.id AS x": [("a",)],
    "MATCH (s:Series) WITH s.modality AS m, collect(s.id) AS ids WHERE size(ids) > 1 RETURN m": [("CT",)],
    "MATCH (s:Series {id: 'a'}) OPTIONAL MATCH (s)-[:HAS_INSTANCE]->(i) RETURN s.id, i.id IS NULL AS missing": [
        ("a", True)
    ],
    "MATCH (s:Series) WHERE s.id = $id RETURN CASE WHEN s.modality = 'CT' THEN 'x' ELSE 'y' END AS kind": [("x",)],
    "MATCH (s:Series) /* DELETE s */ WHERE s.id STARTS WITH 'a' // SET\n RETURN toLower(s.modality) AS `delete`": [
        ("ct",)
    ],
    "MATCH (s:Series) WHERE any(x IN ['a'] WHERE x = s.id) RETURN (1 + 2) * 3 - 4 AS n, -1 AS minus": [(5, -1)],
}


@pytest.fixture
def filled(engine):
    """Three series in two studies."""
    engine.write(
        Batch(
            create_nodes={
                "Study": [{"id": "t"}, {"id": "u"}],
                "Series": [
                    {"id": "a", "modality": "CT"},
                    {"id": "b", "modality": "CT"},
                    {"id": "c", "modality": "MR", "seriesDescription": "CREATE; /* not */ SET"},
                ],
            },
            create_edges={
                ("HAS_SERIES", "Study", "Series"): [
                    {"source": "t", "target": "a"},
                    {"source": "t", "target": "b"},
                    {"source": "u", "target": "c"},
                ]
            },
        )
    )
    return engine


def content(engine):
    """Everything that the store holds of nodes and edges."""
    nodes = engine.read("MATCH (n) RETURN n.id AS id, n.modality AS modality").to_pylist()
    edges = engine.read("MATCH (a)-[r]->(b) RETURN a.id AS a, b.id AS b").to_pylist()
    return sorted(map(repr, nodes)), sorted(map(repr, edges)), engine.version()


@pytest.mark.parametrize("statement", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_what_does_more_than_read_is_refused(statement):
    with pytest.raises(UsageError):
        admit(statement, limit=10)


def test_the_refusal_names_what_was_found_where_and_what_is_allowed():
    with pytest.raises(UsageError, match=r"line 2, column 1: 'SET' is not allowed here; .* MATCH, .* and UNION"):
        admit("MATCH (s:Series)\nSET s.modality = 'XX'", limit=10)
    with pytest.raises(UsageError, match=r"the function apoc; allowed are abs"):
        admit("RETURN apoc('x')", limit=10)
    with pytest.raises(UsageError, match=rf"expected -\[\*1\.\.n\]- with n up to {LONGEST_PATH}"):
        admit("MATCH (a)-[*]->(b) RETURN a", limit=10)


def test_no_attempt_writes_or_reads_a_file(filled, tmp_path):
    secret, target = tmp_path / "secret.csv", tmp_path / "target.csv"
    secret.write_text(f"{SECRET}\n", encoding="utf-8")
    before = content(filled)
    for attempt in ATTEMPTS.values():
        statement = attempt.replace("{secret}", str(secret)).replace("{target}", str(target))
        with pytest.raises(UsageError) as refusal:
            run(filled, statement, {"n": 3})
        assert SECRET not in str(refusal.value)
    assert content(filled) == before
    assert not target.exists()


def test_what_reads_is_admitted_and_answers(filled):
    for statement, rows in ADMITTED.items():
        parameters = {"id": "a"} if "$id" in statement else None
        answer = run(filled, statement, parameters)
        assert [tuple(row.values()) for row in answer.table.to_pylist()] == rows, statement


def test_at_most_limit_rows_come_back(filled):
    for statement in (
        "MATCH (s:Series) RETURN s.id",
        "MATCH (s:Series) RETURN s.id LIMIT 3",
        "MATCH (s:Series) RETURN s.id UNION MATCH (s:Series) RETURN s.id",
    ):
        found = run(filled, statement, limit=2)
        assert (found.table.num_rows, found.cut) == (2, True)
        whole = run(filled, statement, limit=3)
        assert (whole.table.num_rows, whole.cut) == (3, False)


def test_a_limit_is_added_where_the_statement_has_none():
    assert admit("MATCH (s:Series) RETURN s.limit", limit=5).endswith("s.limit LIMIT 5")
    assert admit("MATCH (s:Series) WITH s LIMIT 3 RETURN s", limit=5).endswith("RETURN s LIMIT 5")
    assert admit("MATCH (s:Series) RETURN s LIMIT 3", limit=5).endswith("RETURN s LIMIT 3")


def test_a_limit_of_its_own_is_lowered():
    assert admit("MATCH (s:Series) RETURN s LIMIT 1000000000;", limit=5).endswith("RETURN s LIMIT 5")
    assert admit("MATCH (s:Series) RETURN s.`LIMIT 9`", limit=5).endswith("LIMIT 5")


def test_a_statement_that_takes_too_long_is_stopped(filled):
    endless = (
        "UNWIND $many AS a UNWIND $many AS b UNWIND $many AS c WITH a, b, c WHERE a + b + c < 0 RETURN count(*) AS n"
    )
    with pytest.raises(WorkFailed, match=r"stopped after 0\.5 s"):
        run(filled, endless, {"many": list(range(5000))}, timeout=0.5)


def test_comments_become_blanks_and_strings_stay():
    assert without_comments("RETURN/**/1//x\n+2, '/*x*/' ;") == "RETURN 1 +2, '/*x*/'"


WORDS = """
    MATCH OPTIONAL UNWIND WITH RETURN UNION ALL WHERE ORDER BY SKIP LIMIT DISTINCT AS AND NOT IN STARTS ENDS IS CASE
    WHEN THEN ELSE END NULL DESC EXISTS COUNT CREATE SET DELETE DETACH REMOVE MERGE CALL LOAD COPY FROM FOREACH
    DROP TABLE n n n by not count case (n) (n) (by) (n:Series) (not:Series) (:Study) -[r]-> -[:HAS_SERIES]-> `n` $id
    {id:'x'} n.modality by.modality not.modality = 'x' 1 [n][0] [not][0] * , { } ( ) [ ] ! : | - % .. |
""".split()  # noqa: SIM905


@given(words=st.lists(st.sampled_from(WORDS), min_size=3, max_size=14))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_admitted_changes_the_store(ladybug, words):
    """Random sentences of Cypher's words, reading and writing ones mixed."""
    try:
        statement = admit(" ".join(["MATCH (n:Series)", *words]), limit=10)
    except UsageError:
        return
    if ladybug.version() == 0:
        ladybug.write(Batch(create_nodes={"Series": [{"id": "a", "modality": "CT"}]}))
    before = content(ladybug)
    with contextlib.suppress(CohortGraphError):
        ladybug.read(statement, {"id": "a"} if "$id" in words else None, timeout=5)
    assert content(ladybug) == before
