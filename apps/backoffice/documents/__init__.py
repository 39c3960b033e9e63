"""Invoices and credit notes: their lines, issuing, amending, crediting."""
