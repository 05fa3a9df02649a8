"""This software's version, which stores, backups and manifests record."""

__version__ = "0.1.0"
