"""Measurements: each prints our figure beside a peer's or the physical floor from the same run."""
