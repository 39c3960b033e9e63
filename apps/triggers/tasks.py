"""The duties of telling: what happened becomes events, and events are carried to whoever listens."""
