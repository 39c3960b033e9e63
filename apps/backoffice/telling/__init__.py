"""Where events go, and what became of each."""
