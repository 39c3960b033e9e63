"""What waits, until what it waits for has happened, or never will."""
