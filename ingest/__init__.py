"""Ways in: sources, readers (one per kind of object) and the pipeline that feeds the graph."""
