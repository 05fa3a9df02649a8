"""What an export will do, as plain values and on disk: all that a worker knows, for no worker opens the store."""
