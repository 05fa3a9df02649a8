"""The write path: facts become a batch of changes, whatever arrives first."""
