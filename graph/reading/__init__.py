"""What is read back of a whole store: records, digest, checks, disagreements, references."""
