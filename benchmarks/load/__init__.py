"""Many clients, one server, an ingest under way: no error, no wrong answer, no memory that grows."""
