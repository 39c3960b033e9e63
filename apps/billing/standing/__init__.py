"""Our books as of a day and as known at a moment: what stands, what is open, and what moved."""
