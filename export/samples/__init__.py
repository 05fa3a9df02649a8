"""What one training step sees: which objects, which part of a split, which columns."""
