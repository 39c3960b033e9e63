"""Reads the whole trail and what it is about, and names what was rewritten, cut out or put in."""

from apps.trail.verifying.findings import Finding, Found
from apps.trail.verifying.keeping import keep
from apps.trail.verifying.whole import Report, verify

__all__ = ["Finding", "Found", "Report", "keep", "verify"]
