"""WHAT COMES BACK from books without an interface: confirmations, payments, their chart of accounts.

A file is brought by a person, kept sealed, read row by row, and what it says is told on through the
mailbox of the connection. The same bytes are the same file: what was taken of it is not taken again.
"""
