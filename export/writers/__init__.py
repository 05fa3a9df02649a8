"""The forms in which a cohort is written, one file each."""
