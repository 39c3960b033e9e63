"""From changes here to what should stand in each set of books."""
