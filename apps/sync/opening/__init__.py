"""What was open at the cut-off, on either side."""
