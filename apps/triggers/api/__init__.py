"""The API: feeds and reads what is here, by the same acts and rules as the screens."""
