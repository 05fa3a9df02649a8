"""Write docs/reference/cypher.md from queries/handwritten/guard.py: ``python scripts/write_cypher_doc.py``."""

from __future__ import annotations

from pathlib import Path

from cohortgraph.queries.handwritten.growth import LARGEST, MOST_HOPS
from cohortgraph.queries.handwritten.guard import FUNCTIONS, LONGEST_PATH, LONGEST_STATEMENT

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "cypher.md"

_PAGE = """# Your own Cypher

Generated from `queries/handwritten/guard.py` by `scripts/write_cypher_doc.py`.

`cohortgraph cypher`, `connect().cypher()` and `POST /api/cypher` run one reading statement on the graph of
[the schema](schema.md). What is not listed here is refused, with its line and column; nothing can write, read a file or
call a procedure.

- Clauses: `MATCH`, `OPTIONAL MATCH`, `WHERE`, `UNWIND`, `WITH`, `RETURN`, `ORDER BY`, `SKIP`, `LIMIT`, `UNION [ALL]`.
- Subqueries: `EXISTS {{ MATCH … }}` and `COUNT {{ MATCH … }}`.
- Paths of variable length have a bound, up to {longest} hops: `-[:HAS_CHILD*1..20]->`.
- Functions: {functions}. An engine may lack some.
- Parameters (`$name`), comments, `CASE`, list comprehensions.
- A name that is a word of Cypher is quoted: `` RETURN count(*) AS `end` ``. Unicode escapes (`\\u0041`) are refused.

Limits: {statement:,} characters; {hops} relationships in all patterns together; a clause makes at most {largest}
values of one (`WITH l + l AS l` makes 2, again 4 …); `--limit` rows (1,000 where it is not given), and it is told when
there were more; `--timeout` seconds (30); the memory of an embedded store is its buffer pool, that of a server is the
server's setting.
"""


def page() -> str:
    """The whole page."""
    functions = ", ".join(f"`{name}`" for name in sorted(FUNCTIONS))
    return _PAGE.format(
        longest=LONGEST_PATH, functions=functions, statement=LONGEST_STATEMENT, hops=MOST_HOPS, largest=LARGEST
    )


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
