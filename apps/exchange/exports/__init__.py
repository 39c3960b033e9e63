"""FILES OUT: lists as shown, layouts of other products, plain-text ledgers; streamed."""
