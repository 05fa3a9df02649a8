"""``python -m cohortgraph``."""

from .cli import main

main()
