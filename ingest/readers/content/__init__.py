"""Structured Reports (PS3.3 C.17.3): the tree, its values, the context of its items, and the way back."""
