"""Where the descendants of content items end: in document order they follow their ancestor without a gap."""

from __future__ import annotations

from collections.abc import Iterable

from ....graph.facts import Child


def add_last_descendants(children: Iterable[Child]) -> None:
    """Set the position of each content item's last descendant, its own where it has none, on the by-value tree."""
    items = {child.position: child for child in children if child.label == "ContentItem"}
    last = {position: position for position in items}
    for position in sorted(items, reverse=True):
        parent = items[position].parent
        if parent is not None:
            last[parent] = max(last[parent], last[position])
        items[position].properties["lastDescendant"] = last[position]
