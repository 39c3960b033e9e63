"""What is done to the books: one module an act, each checked by `rules`, added up by `sums`."""
