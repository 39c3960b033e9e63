"""How people get in: sign-in, the second factor, how long a session lasts, and what slows down guessing."""
