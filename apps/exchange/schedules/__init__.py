"""Exports that come by themselves, and the daily report: made once each, kept sealed, mailed."""
