"""The test invoice: sent alone, read back, compared, and what to change where it differs."""
