"""Files whose rows are records."""
