"""The property graph: one declarative schema, two engines behind one protocol, atomic idempotent writes."""
