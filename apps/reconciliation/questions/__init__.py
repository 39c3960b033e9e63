"""What a comparison asks a person before it may say that both sides agree."""
