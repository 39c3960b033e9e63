"""What several acts ask before they post, each with its sentence for staff."""
