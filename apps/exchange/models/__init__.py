"""The rows of `exchange`: prints that were kept, imports and what became of their rows."""
