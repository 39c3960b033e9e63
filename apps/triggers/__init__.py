"""Tells others what happened, and lets them feed and read what is here: events for Zapier, Make and
whoever else listens, and the API. A second reader of billing's outbox.
"""
