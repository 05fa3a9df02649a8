"""Exports that outlive the process that asked for them: a queue in a database, and workers that take from it."""
