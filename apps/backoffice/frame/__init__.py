"""What every screen stands on: acts, forms, words, days, one-time keys, the menu."""
