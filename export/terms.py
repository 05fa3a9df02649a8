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
from ..graph import duo
from .plan.options import Purpose

_OPEN = re.compile(r"(open|public|none|unrestricted|no restrictions?)\b", re.IGNORECASE)
_STUDY = "(RESEARCH|ACADEMIC|EDUCATION(AL)?|SCIENTIFIC|TEACHING|PERSONAL|PRIVATE|EVALUATION)"
_WORD = re.compile(r"[A-Z0-9]+")
_PASSED_ON = re.compile(
    r"CC0|CC BY|CREATIVE ?COMMONS|PUBLIC DOMAIN|PDDL|ODBL|ODC|CDLA|MIT(?! BIH)|ISC|APACHE|BSD|A?GPL|LGPL|MPL|EUPL"
)
"""Licences, in words, that allow passing on, on conditions that they name."""
_NOT_SOLD = re.compile(
    r"\b(NC|NON ?COMMERCIAL(LY)?|(NO|NOT|NEVER)( (FOR|ANY|A|IN|TO|BE|USED|MEANT|ALLOWED|PERMITTED))* COMMERCIAL(LY)?|"
    r"COMMERCIAL( \w+){0,4} (PROHIBITED|FORBIDDEN|EXCLUDED|(NOT|UN)( \w+)? ?(ALLOWED|PERMITTED|AUTHORI[SZ]ED))|"
    rf"{_STUDY}( \w+){{0,4}} ONLY|(ONLY|SOLELY|EXCLUSIVELY)( \w+){{0,4}} {_STUDY})\b"
)
"""That a licence, in words, is for no commercial use."""
_NOT_PASSED_ON = re.compile(
    r"\b(NO|NOT|NEVER|WITHOUT)( \w+){0,3} (RE ?)?(DISTRIBUT\w*|SHAR(E|ED|ING)|PASS(ED|ING)?( \w+)? ON)\b|"
    r"\b(RE ?)?DISTRIBUTION( \w+){0,4} (PROHIBITED|FORBIDDEN|NOT)\b"
)

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
    if purpose == "commercial" and _NOT_SOLD.search(words):
        yield f"its licence {licence} is for non-commercial use"
    if purpose == "redistribute":
        if re.search(r"\b(ND|NO ?DERIV\w*)\b", words):
            yield f"its licence {licence} allows no derived works"
        elif not licence:
            yield "it has no licence that would allow passing it on"
        elif _NOT_PASSED_ON.search(words) or not re.search(rf"\b({_PASSED_ON.pattern})\b", words):
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
    """The terms of DUO."""
    return list(dict.fromkeys(term for part in _parts(source) for term in duo.terms(part)))


def _unread(source: Mapping[str, Any]) -> list[str]:
    return [part for part in _parts(source) if not duo.terms(part)]


def _parts(source: Mapping[str, Any]) -> list[str]:
    parts = (part.strip() for part in re.split(r"[,;]", str(source.get("useTerms") or "")))
    return [part for part in parts if part]
