"""A small, complete multi-modal data set, drawn and written as real DICOM; no download, no real person."""
