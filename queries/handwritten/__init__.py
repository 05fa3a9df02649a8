"""People's own Cypher: what is let through, and how it is bounded."""
