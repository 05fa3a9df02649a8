"""What an export will do, pinned before any worker begins: no worker opens the store."""
