"""The engines, one file each, and what they share."""
