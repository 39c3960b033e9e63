"""Carries events to whoever listens: signed, in order for each record, again until they are taken."""
