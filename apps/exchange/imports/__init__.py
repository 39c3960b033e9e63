"""FILES IN: read, checked whole, shown, written in chunks, released or taken back."""
