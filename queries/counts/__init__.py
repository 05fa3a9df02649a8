"""How many a question finds: facets, histograms, overlaps."""
