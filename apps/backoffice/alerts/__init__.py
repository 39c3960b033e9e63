"""What is wrong now and was, and whom it is told."""
