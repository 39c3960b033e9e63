"""Customers and items that stand on both sides: found, decided by a person, and only then created."""
