"""Reports on our own books, for whoever may view them."""
