"""The intermediate form as one Cypher statement that both engines run."""
