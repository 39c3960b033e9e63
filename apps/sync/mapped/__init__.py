"""What hangs on a mapping: what waits for one, what one change reaches, what they use."""
