"""The codes that the demo data use (PS3.16, and ISO/IEEE 11073-10102 for ECG)."""

from pydicom.sr.coding import Code

ANATOMICAL_STRUCTURE = Code("91723000", "SCT", "Anatomical Structure")
STRUCTURES = {
    "left ventricle": Code("87878005", "SCT", "Left Ventricle"),
    "right ventricle": Code("53085002", "SCT", "Right Ventricle"),
    "left atrium": Code("82471001", "SCT", "Left Atrium"),
    "right atrium": Code("73829009", "SCT", "Right Atrium"),
    "myocardium": Code("49848007", "SCT", "Left Ventricle Myocardium"),
}
RETIRED_STRUCTURES = {
    "left ventricle": Code("T-32600", "SRT", "Left ventricle"),
    "right ventricle": Code("T-32500", "SRT", "Right ventricle"),
    "left atrium": Code("T-32300", "SRT", "Left atrium"),
    "right atrium": Code("T-32200", "SRT", "Right atrium"),
    "myocardium": Code("T-32620", "SRT", "Left Ventricle Myocardium"),
}
RETIRED_ANATOMICAL_STRUCTURE = Code("T-D000A", "SRT", "Anatomical Structure")

VOLUME = Code("118565006", "SCT", "Volume")
DIAMETER = Code("81827009", "SCT", "Diameter")
MILLILITRE = Code("mL", "UCUM", "milliliter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
CENTIMETRE = Code("cm", "UCUM", "centimeter")
MILLISECOND = Code("ms", "UCUM", "millisecond")
PER_MINUTE = Code("{H.B.}/min", "UCUM", "beats per minute")

YES = Code("373066001", "SCT", "Yes")
NO = Code("373067005", "SCT", "No")
FINDING = Code("121071", "DCM", "Finding")
FINDING_SITE = Code("363698007", "SCT", "Finding Site")
AORTIC_VALVE = Code("34202007", "SCT", "Aortic valve")
AORTIC_VALVE_PROSTHESIS = Code("84683006", "SCT", "Aortic valve prosthesis")
PACEMAKER_IN_SITU = Code("441509002", "SCT", "Cardiac pacemaker in situ")
PACEMAKER_IMPLANTATION = Code("307280005", "SCT", "Implantation of cardiac pacemaker")
VALVE_IMPLANTATION = Code("47432005", "SCT", "Implantation of heart valve prosthesis or synthetic device")
PROCEDURE = Code("71388002", "SCT", "Procedure")
HISTORY = Code("11329-0", "LN", "History")

PR_INTERVAL = Code("2:15872", "MDC", "PR interval global")
QT_INTERVAL = Code("2:16160", "MDC", "QT interval global")
QRS_DURATION = Code("2:16156", "MDC", "QRS duration global")
HEART_RATE = Code("8867-4", "LN", "Heart rate")
ECG_REPORT = Code("28010-7", "LN", "ECG Report")
ECG_GLOBAL_MEASUREMENTS = Code("122158", "DCM", "ECG Global Measurements")

LEADS = {
    "I": "2:1", "II": "2:2", "V1": "2:3", "V2": "2:4", "V3": "2:5", "V4": "2:6",
    "V5": "2:7", "V6": "2:8", "III": "2:61", "aVR": "2:62", "aVL": "2:63", "aVF": "2:64",
}  # fmt: skip
"""Lead name → MDC code (PS3.16 CID 3001)."""
