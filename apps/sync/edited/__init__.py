"""Changes by hand to what stands in the books: found, told in words, noted on both sides."""
