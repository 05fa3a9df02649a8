"""Damaged and hostile files, made of good ones by a seeded chance, and what an ingest of them must not do."""
