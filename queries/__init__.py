"""The query language: filter document → intermediate form → its interpreters.

load(text)  →  parse(mapping, vocabulary)  →  ask | count | ids | explain | facets | overlap | select
                                        (engine, document …)
"""

from .ask import Answer, ask, count, ids
from .document import load
from .explain import Explanation, explain
from .facets import Facet, facets
from .overlap import Overlap, overlap
from .parse import parse
from .selection import Selection, select
from .vocabulary import vocabulary

__all__ = [
    "Answer",
    "Explanation",
    "Facet",
    "Overlap",
    "Selection",
    "ask",
    "count",
    "explain",
    "facets",
    "ids",
    "load",
    "overlap",
    "parse",
    "select",
    "vocabulary",
]
