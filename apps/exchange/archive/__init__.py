"""A whole company in one sealed file, and back: `manage.py archive` and `manage.py restore`."""
