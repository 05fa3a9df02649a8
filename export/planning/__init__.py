"""From a snapshot to a plan, in the process that owns the store: what will be exported is pinned before work begins."""
