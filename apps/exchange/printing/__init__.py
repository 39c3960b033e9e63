"""PAPER: invoices, credit notes, receipts, statements and ageing as PDF."""
