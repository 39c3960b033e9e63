"""What stands over there for records of ours, what of it differs, and whose it may be."""
