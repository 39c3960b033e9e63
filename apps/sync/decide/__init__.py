"""What a person decides about records and their books."""
