"""Concepts, code normalisation, value sets, hierarchies, mappings and UCUM units."""
