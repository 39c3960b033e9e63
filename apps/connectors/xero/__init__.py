"""Xero: invoices, credit notes and receipts over Xero's Accounting API 2.0.

The registry lists what exports `CAPABILITIES` here, and asks a bench of whatever it lists. Until
that stands beside the tests, `connector.connect` is reached by its module alone.
"""
