"""A connected company, as the tests of the engine have it."""

from tests.sync.conftest import begun, books, invoice, ledger

__all__ = ["begun", "books", "invoice", "ledger"]
