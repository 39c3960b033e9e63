"""Layouts that people here build: a profile as rows keep it, found, validated and saved."""
