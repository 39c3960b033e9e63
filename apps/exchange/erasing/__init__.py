"""Erasing what is held of a person: a customer, or a member of staff who left."""
