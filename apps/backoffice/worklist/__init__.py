"""What needs a person: the first page, the sync log, decisions, questions, traffic."""
