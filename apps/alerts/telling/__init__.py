"""Whom an alert is told, when, and by mail or chat."""
