"""Files that people get: documents on paper, mails that bring them, statements, prints of many."""
