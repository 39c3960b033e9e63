"""Ours → theirs: planned, sent, and settled where the answer was lost."""
