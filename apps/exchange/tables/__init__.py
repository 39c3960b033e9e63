"""FILES AS ROWS: any spreadsheet's CSV or Excel file as a stream of rows, and cells as values.

Knows nothing of invoices, of Django or of a database. What a file looks like is found out
(`look`), shown to a person, corrected by her where it must be, and then read as she left it
(`rows`). Nothing is guessed in silence: what the file leaves open is a `Doubt` with its choices.
"""
