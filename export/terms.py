"""Terms of use: whether the licences and the Data Use Ontology's terms of data sets allow a purpose.

Terms are those of DUO (GA4GH, https://github.com/EBISPOT/DUO, CC BY 4.0), licences are SPDX's or a short name. It
reads what data sets say of themselves; it is no legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .plan.options import Purpose

_DUO = re.compile(r"DUO:\d{7}")
_OPEN = re.compile(r"open|public|none|unrestricted", re.IGNORECASE)

_MODIFIERS: dict[str, tuple[str, tuple[Purpose, ...]]] = {
    "DUO:0000018": ("not for profit, non commercial use only", ("commercial",)),
    "DUO:0000045": ("not for profit organisation use only", ("commercial",)),
    "DUO:0000046": ("non-commercial use only", ("commercial",)),
    "DUO:0000026": ("user specific restriction", ("redistribute",)),
    "DUO:0000027": ("project specific restriction", ("redistribute",)),
    "DUO:0000028": ("institution specific restriction", ("redistribute",)),
    "DUO:0000043": ("clinical care use", ()),
    "DUO:0000004": ("no restriction", ()),
    "DUO:0000042": ("general research use", ()),
    "DUO:0000006": ("health or medical or biomedical research", ()),
    "DUO:0000007": ("disease specific research", ()),
    "DUO:0000011": ("population origins or ancestry research only", ()),
    "DUO:0000012": ("research specific restrictions", ()),
    "DUO:0000015": ("no general methods research", ()),
    "DUO:0000016": ("genetic studies only", ()),
    "DUO:0000019": ("publication required", ()),
    "DUO:0000020": ("collaboration required", ()),
    "DUO:0000021": ("ethics approval required", ()),
    "DUO:0000022": ("geographical restriction", ()),
    "DUO:0000024": ("publication moratorium", ()),
    "DUO:0000025": ("time limit on use", ()),
    "DUO:0000029": ("return to database or resource", ()),
    "DUO:0000044": ("population origins or ancestry research prohibited", ()),
}
"""Term → its label, and the purposes that it forbids."""
_FREE = frozenset(("DUO:0000004", "DUO:0000042", "DUO:0000006"))
"""Terms that ask for nothing of a research project."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the terms of all sources come to.

    Attributes
    ----------
    forbidden
        Why the purpose is not allowed, a line for each reason.
    conditions
        What whoever uses the files has to see to.
    citations
        How to name each source.
    """

    forbidden: tuple[str, ...]
    conditions: tuple[str, ...]
    citations: tuple[str, ...]

    def to_dict(self) -> dict[str, list[str]]:
        """As JSON."""
        return {
            "forbidden": list(self.forbidden),
            "conditions": list(self.conditions),
            "citations": list(self.citations),
        }


def terms(sources: Iterable[Mapping[str, Any]], purpose: Purpose) -> Terms:
    """What data sets, each with ``name``, ``license``, ``useTerms``, ``accessConditions``, say of a purpose."""
    forbidden: list[str] = []
    conditions: list[str] = []
    citations: list[str] = []
    for source in sources:
        name = source["name"]
        forbidden += (f"{name}: {reason}" for reason in _forbidding(source, purpose))
        conditions += (f"{name}: {told}" for told in _asking(source))
        citations.append(citation(source))
    return Terms(tuple(forbidden), tuple(conditions), tuple(citations))


def allow(sources: Iterable[Mapping[str, Any]], purpose: Purpose, override: str) -> Terms:
    """The terms of sources, where they allow the purpose, or ``override`` says why they need not.

    Raises
    ------
    UsageError
        where they forbid it; names the data sets and what says so.
    """
    found = terms(sources, purpose)
    if found.forbidden and not override.strip():
        raise UsageError(
            f"the terms of use do not allow the purpose {purpose!r}: {'; '.join(found.forbidden)}. Leave those data "
            "sets out of the cohort, or, where you have a permission, say so with --override; it is recorded"
        )
    return found


def citation(source: Mapping[str, Any]) -> str:
    """A data set in one line: title, licence, DOI."""
    parts = [str(source.get("title") or source["name"]), str(source.get("license") or "no licence given")]
    if doi := str(source.get("doi") or ""):
        parts.append(doi if "://" in doi else f"https://doi.org/{doi.removeprefix('doi:')}")
    return ". ".join(parts)


def _forbidding(source: Mapping[str, Any], purpose: Purpose) -> Iterable[str]:
    for term in _duo(source):
        label, forbids = _MODIFIERS.get(term, ("", ()))
        if purpose in forbids:
            yield f"{term} ({label})"
    licence = str(source.get("license") or "")
    words = licence.upper().replace("_", "-").split("-")
    if purpose == "commercial" and "NC" in words:
        yield f"its licence {licence} is for non-commercial use"
    if purpose == "redistribute":
        if "ND" in words:
            yield f"its licence {licence} allows no derived works"
        if not licence:
            yield "it has no licence that would allow passing it on"
        access = str(source.get("accessConditions") or "")
        if access and not _OPEN.search(access):
            yield f"its access is restricted ({access})"


def _asking(source: Mapping[str, Any]) -> Iterable[str]:
    for term in _duo(source):
        if term not in _FREE:
            yield f"{term} ({_MODIFIERS[term][0]})" if term in _MODIFIERS else term
    if not source.get("license"):
        yield "no licence given"


def _duo(source: Mapping[str, Any]) -> list[str]:
    return _DUO.findall(str(source.get("useTerms") or ""))
