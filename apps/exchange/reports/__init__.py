"""Reports on our own books: as of a day, as known at a moment, each figure with its records."""
