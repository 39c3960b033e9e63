"""Which side wins in a field: where the rules of the books leave a choice, what staff chose, and what
follows from it."""
