"""The filter document: read, validated against the schema and the store, turned into the intermediate form."""
