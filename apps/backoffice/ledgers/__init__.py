"""Connections: connecting, mapping, testing, going live, and where a record stands there."""
