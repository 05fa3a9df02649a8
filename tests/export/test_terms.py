"""Terms of use: which purposes they allow."""

from __future__ import annotations

import pytest

from cohortgraph.errors import UsageError
from cohortgraph.export.terms import allow, citation, terms


@pytest.mark.parametrize(
    ("source", "purpose", "allowed"),
    [
        ({"license": "CC-BY-4.0"}, "commercial", True),
        ({"license": "CC-BY-NC-4.0"}, "research", True),
        ({"license": "CC-BY-NC-4.0"}, "commercial", False),
        ({"license": "CC-BY-ND-4.0"}, "redistribute", False),
        ({"license": "CC-BY-SA-4.0"}, "redistribute", True),
        ({"license": "MIT", "accessConditions": "upon request"}, "redistribute", False),
        ({"license": "MIT", "accessConditions": "open access"}, "redistribute", True),
        ({}, "research", True),
        ({}, "redistribute", False),
        ({"useTerms": "DUO:0000042, DUO:0000046"}, "commercial", False),
        ({"useTerms": "DUO:0000042, DUO:0000046"}, "research", True),
        ({"license": "MIT", "useTerms": "DUO:0000028"}, "redistribute", False),
        ({"license": "CC BY-NC 3.0"}, "commercial", False),
        ({"license": "https://creativecommons.org/licenses/by-nc/4.0/"}, "commercial", False),
        ({"license": "CC BY-NC-ND 4.0"}, "redistribute", False),
        ({"license": "CC BY 4.0"}, "redistribute", True),
        ({"license": "https://creativecommons.org/licenses/by/4.0/"}, "redistribute", True),
        ({"license": "TCIA Restricted"}, "redistribute", False),
        ({"license": "PolyForm-Noncommercial-1.0.0"}, "commercial", False),
        ({"license": "MIT", "accessConditions": "not open"}, "redistribute", False),
        ({"useTerms": "GRU, NPUNCU"}, "commercial", False),
        ({"useTerms": "HMB-NPU"}, "commercial", False),
        ({"useTerms": "gru ncu"}, "commercial", False),
        ({"useTerms": "http://purl.obolibrary.org/obo/DUO_0000018"}, "commercial", False),
        ({"license": "Not for commercial use"}, "commercial", False),
        ({"license": "commercial use prohibited"}, "commercial", False),
        ({"license": "Commercial use is not permitted"}, "commercial", False),
        ({"license": "research use only"}, "commercial", False),
        ({"license": "For academic purposes only"}, "commercial", False),
        ({"license": "Only for research"}, "commercial", False),
        ({"license": "No derivatives, commercial use allowed"}, "commercial", True),
        ({"license": "CC-BY-4.0 (research data)"}, "commercial", True),
        ({"license": "Permitted: MIT-BIH data, no redistribution"}, "redistribute", False),
        ({"license": "MIT-BIH data"}, "redistribute", False),
        ({"license": "CC-BY-4.0, do not share"}, "redistribute", False),
        ({"license": "MIT"}, "redistribute", True),
    ],
)
def test_what_is_allowed(source: dict[str, str], purpose: str, allowed: bool) -> None:
    found = terms([{"name": "set", **source}], purpose)
    assert (not found.forbidden) is allowed


def test_what_is_forbidden_names_the_data_set_the_reason_and_the_way_out() -> None:
    sources = [{"name": "a", "license": "MIT"}, {"name": "b", "useTerms": "DUO:0000046"}]
    with pytest.raises(UsageError, match=r"b: DUO:0000046 \(non-commercial use only\).*--override"):
        allow(sources, "commercial", "")
    assert allow(sources, "commercial", "contract of 2026").forbidden == ("b: DUO:0000046 (non-commercial use only)",)


def test_conditions_are_passed_on_and_sources_cited() -> None:
    source = {"name": "a", "title": "Hearts", "license": "CC-BY-4.0", "doi": "10.1/x", "useTerms": "DUO:0000021"}
    found = terms([source], "research")
    assert found.conditions == ("a: DUO:0000021 (ethics approval required)",)
    assert found.citations == (citation(source),) == ("Hearts. CC-BY-4.0. https://doi.org/10.1/x",)


def test_what_no_code_says_is_passed_on_to_be_read() -> None:
    found = terms([{"name": "a", "license": "CC-BY-SA-4.0", "useTerms": "GRU; only in Europe"}], "redistribute")
    assert found.conditions == (
        "a: 'only in Europe' is no term of DUO; read what it asks for",
        "a: what is made from it has to carry its licence CC-BY-SA-4.0",
    )
