"""FreshBooks: how its deliveries are signed and read (`webhooks.py`)."""
