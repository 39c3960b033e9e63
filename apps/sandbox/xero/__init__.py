"""A simulated Xero: identity, the Accounting API and a double-entry ledger, as Xero describes them."""
