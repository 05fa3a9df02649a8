"""The contract that each engine passes: test classes, shipped, as an engine of somebody else inherits them too."""
