"""What happened to one record, on both sides: one list, the newest first."""
