"""What each kind of object accepts, computes and answers."""
