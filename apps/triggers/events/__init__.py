"""What happened: read out of the outbox and of the books' state, told in the words of the field."""
