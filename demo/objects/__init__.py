"""One writer per kind of object."""
