"""Questions that stay: saved, frozen as snapshots, compared, curated by hand."""
