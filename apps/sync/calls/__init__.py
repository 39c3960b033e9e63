"""One call: written down before it leaves, its answer noted, its outcome said of each record."""
