"""The query language: filter document → intermediate form → its interpreters."""
