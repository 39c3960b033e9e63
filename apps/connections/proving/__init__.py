"""Puts the open questions about a ledger to a demo company, by the product's own line."""
