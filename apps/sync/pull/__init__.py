"""Theirs → ours: what changed over there is read and stored."""
