"""From a cohort to files."""
