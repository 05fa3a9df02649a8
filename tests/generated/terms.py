"""The codes that the generated data are made of."""

from __future__ import annotations

from .builder import Term

LEFT_VENTRICLE = Term("SCT:87878005", "Left ventricle")
RIGHT_VENTRICLE = Term("SCT:53085002", "Right ventricle")
LEFT_VENTRICLE_SRT = Term("SRT:T-32600", "Left ventricle")
RIGHT_VENTRICLE_SRT = Term("SRT:T-32500", "Right ventricle")
LEFT_ATRIUM = Term("SCT:82471001", "Left atrium")
MYOCARDIUM = Term("SCT:49848007", "Myocardium of left ventricle")
HEART = Term("SCT:80891009", "Heart")
LIVER = Term("SCT:10200004", "Liver")
KIDNEY = Term("SCT:64033007", "Kidney")
LUNG = Term("SCT:39607008", "Lung structure")

LEFT = "SCT:7771000"
RIGHT = "SCT:24028007"
BASAL = "SCT:264153007"

REPORT = Term("DCM:126000", "Imaging Measurement Report")
GROUP = Term("DCM:125007", "Measurement Group")
FINDING = Term("DCM:121071", "Finding")
DIAMETER = Term("SCT:81827009", "Diameter")
VOLUME = Term("SCT:118565006", "Volume")
AREA = Term("SCT:42798000", "Area")
PR_INTERVAL = Term("MDC:2:15872", "PR interval")
PR_INTERVAL_LOINC = Term("LN:8625-6", "P-R interval")
QRS_DURATION = Term("MDC:2:16156", "QRS duration")
MEAN = Term("SCT:373098007", "Mean")
MAXIMUM = Term("SCT:56851009", "Maximum")
BY_ULTRASOUND = Term("SCT:16310003", "Ultrasonography")
NOT_A_NUMBER = Term("DCM:114000", "Not a number")
OUT_OF_RANGE = Term("DCM:114009", "Value out of range")

DILATED_CARDIOMYOPATHY = Term("SCT:399020009", "Dilated cardiomyopathy")
PNEUMOTHORAX = Term("SCT:36118008", "Pneumothorax")
PROCEDURE = Term("DCM:121065", "Procedure Description")
PACEMAKER = Term("SCT:14106009", "Cardiac pacemaker")
PACEMAKER_IMPLANTATION = Term("SCT:307280005", "Implantation of cardiac pacemaker")
YES = Term("SCT:373066001", "Yes")
NO = Term("SCT:373067005", "No")
ABSENT = Term("SCT:272519000", "Absent")
PRESENT = Term("SCT:52101004", "Present")
UNDETERMINED = Term("SCT:373068000", "Undetermined")
PRIVATE = Term("99TRAP:one", "A private concept")

MM = Term("UCUM:mm", "mm")
CM = Term("UCUM:cm", "cm")
MS = Term("UCUM:ms", "ms")
S = Term("UCUM:s", "s")
ML = Term("UCUM:mL", "mL")
MICROVOLT = Term("UCUM:uV", "microvolt")

LEAD_I = Term("SCPECG:5.6.3-9-1", "Lead I")
LEAD_II = Term("MDC:2:2", "Lead II")
NUCLEUS = Term("SCT:84640000", "Nucleus")
ARBITRARY = Term("99TRAP:points", "points")
