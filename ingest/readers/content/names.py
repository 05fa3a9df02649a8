"""Concept names that the rules of semantics 2 and 5 speak of, as normalised ids (PS3.16)."""

FINDING = "DCM:121071"
SINGLE_IMAGE_FINDING = "DCM:111059"
FINDING_CATEGORY = "SCT:276214006"
FINDING_SITE = "SCT:363698007"
LATERALITY = "SCT:272741003"
TOPOGRAPHICAL_MODIFIER = "SCT:106233006"
MEASUREMENT_METHOD = "SCT:370129005"
TIME_POINT = "UMLS:C2348792"
TIME_POINT_TYPE = "DCM:126072"
SUBJECT_CLASS = "DCM:121024"
TRACKING_IDENTIFIER = "DCM:112039"
TRACKING_UNIQUE_IDENTIFIER = "DCM:112040"
MEASUREMENT_GROUP = "DCM:125007"

REGIONS = frozenset(
    {
        "DCM:111030",  # Image Region
        "DCM:121191",  # Referenced Segment
        "DCM:121214",  # Referenced Segmentation Frame
        "DCM:121231",  # Volume Surface
        "DCM:130488",  # Region in Space
    }
)
"""Regions and segments of TID 1410 and TID 1411: where a measurement was made."""

SERIES = frozenset(
    {
        "DCM:112002",  # Series Instance UID
        "DCM:121232",  # Source series for segmentation
    }
)
"""Names of UIDREF items whose value is a Series Instance UID."""

DERIVATION = "DCM:121401"
NOT_INHERITED = frozenset(
    {
        DERIVATION,
        "DCM:121402",  # Normality
        "DCM:121403",  # Level of Significance
        "DCM:121049",  # Language of Content Item and Descendants
        "DCM:121058",  # Procedure reported
    }
)
"""What an item says of nothing but its parent (semantics 2.6)."""

PATIENT = "DCM:121025"
SUBJECT_RELATIONSHIP = "SCT:408732007"
FAMILY_HISTORY = frozenset(
    {
        "LN:10157-6",  # History of family member diseases
        "SCT:57177007",  # Family history with explicit context
        "SCT:416471007",  # Family history of clinical finding
    }
)
PRIOR_STUDIES = frozenset(
    {
        "LN:18834-2",  # Previous Findings, CID 7001
        "LN:55114-3",  # Prior Procedure Descriptions, CID 7001
        "DCM:121066",  # Prior Procedure Descriptions, retired
        "DCM:121068",  # Previous Findings, retired
        "DCM:121069",  # Previous Finding, CID 7002
        "DCM:111513",  # Relevant Previous Procedures
    }
)
