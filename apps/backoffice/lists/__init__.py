"""What changes rarely: companies, customers, items, taxes, series, ways to pay."""
