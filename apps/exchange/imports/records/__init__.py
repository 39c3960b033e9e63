"""Files in which a row is a record: customers, items, tax rates."""
