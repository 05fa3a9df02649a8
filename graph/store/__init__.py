"""A store on disk: its directory, lock, kept headers and backup."""
