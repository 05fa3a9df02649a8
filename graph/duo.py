"""Terms of the Data Use Ontology as data sets name them: by code, by address, or abbreviated.

DUO is GA4GH's (https://github.com/EBISPOT/DUO, CC BY 4.0).
"""

from __future__ import annotations

import re

CODE = re.compile(r"DUO[:_](\d{7})")
ABBREVIATIONS = {
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


def terms(text: str) -> list[str]:
    """The terms that a text names and says nothing besides, such as ``DUO:0000042`` or ``HMB-NPU``; else none."""
    if coded := CODE.findall(text):
        return [f"DUO:{number}" for number in coded]
    words = re.findall(r"[A-Z]+", text.upper())
    return [ABBREVIATIONS[word] for word in words] if all(word in ABBREVIATIONS for word in words) else []
