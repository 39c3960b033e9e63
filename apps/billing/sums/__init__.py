"""Sums and figures read off records: nothing here changes the books."""
