"""What reading and writing DICOM share: locations, kept headers, code sequences, frames and geometry."""
