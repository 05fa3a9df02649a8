"""Readers: a pydicom Dataset in, facts out, no I/O."""
