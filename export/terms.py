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

_DUO = re.compile(r"DUO[:_](\d{7})")
_OPEN = re.compile(r"(open|public|none|unrestricted|no restrictions?)\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Z0-9]+")
_PASSED_ON = re.compile(
    r"CC0|CC BY|CREATIVE ?COMMONS|PUBLIC DOMAIN|PDDL|ODBL|ODC|CDLA|MIT|ISC|APACHE|BSD|A?GPL|LGPL|MPL|EUPL"
)
"""Licences, in words, that allow passing on, on conditions that they name."""

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
_SHORT = {
    "NRES": "DUO:0000004",
    "GRU": "DUO:0000042",
    "HMB": "DUO:0000006",
    "DS": "DUO:0000007",
    "NPUNCU": "DUO:0000018",
    "NPU": "DUO:0000045",
    "NCU": "DUO:0000046",
    "PUB": "DUO:0000019",
    "COL": "DUO:0000020",
    "IRB": "DUO:0000021",
    "GS": "DUO:0000022",
    "MOR": "DUO:0000024",
    "TS": "DUO:0000025",
    "US": "DUO:0000026",
    "PS": "DUO:0000027",
    "IS": "DUO:0000028",
    "RTN": "DUO:0000029",
    "CC": "DUO:0000043",
}
"""DUO's own abbreviations."""
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
        conditions += (f"{name}: {told}" for told in _asking(source, purpose))
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
    words = _words(licence)
    if purpose == "commercial" and re.search(r"\b(NC|NON ?COMMERCIAL|NO COMMERCIAL)\b", words):
        yield f"its licence {licence} is for non-commercial use"
    if purpose == "redistribute":
        if re.search(r"\b(ND|NO ?DERIV\w*)\b", words):
            yield f"its licence {licence} allows no derived works"
        elif not licence:
            yield "it has no licence that would allow passing it on"
        elif not re.search(rf"\b({_PASSED_ON.pattern})\b", words):
            yield f"its licence {licence} is not known to allow passing it on"
        access = str(source.get("accessConditions") or "")
        if access and not _OPEN.match(access.strip()):
            yield f"its access is restricted ({access})"


def _asking(source: Mapping[str, Any], purpose: Purpose) -> Iterable[str]:
    for term in _duo(source):
        if term not in _FREE:
            yield f"{term} ({_MODIFIERS[term][0]})" if term in _MODIFIERS else term
    for text in _unread(source):
        yield f"{text!r} is no term of DUO; read what it asks for"
    licence = str(source.get("license") or "")
    if not licence:
        yield "no licence given"
    elif purpose == "redistribute" and re.search(r"\bSA\b", _words(licence)):
        yield f"what is made from it has to carry its licence {licence}"


def _words(licence: str) -> str:
    """A licence's name or address in words, so that CC-BY-NC-4.0, CC BY-NC 4.0 and …/by-nc/4.0/ are alike."""
    return " ".join(_WORD.findall(licence.upper()))


def _duo(source: Mapping[str, Any]) -> list[str]:
    """The terms of DUO, by code, abbreviation or address."""
    told = str(source.get("useTerms") or "")
    coded = [f"DUO:{number}" for number in _DUO.findall(told)]
    return list(dict.fromkeys([*coded, *(code for part in _loose(told) for code in _short(part))]))


def _unread(source: Mapping[str, Any]) -> list[str]:
    return [text for text in _loose(str(source.get("useTerms") or "")) if not _short(text)]


def _short(part: str) -> list[str]:
    """The terms that a text abbreviates, such as ``HMB-NPU``; none where it says anything else."""
    words = re.findall(r"[A-Z]+", part.upper())
    return [_SHORT[word] for word in words] if all(word in _SHORT for word in words) else []


def _loose(told: str) -> list[str]:
    """What terms say that hold no code."""
    parts = (part.strip() for part in re.split(r"[,;]", told))
    return [part for part in parts if part and not _DUO.search(part)]
