"""Simulated accounting systems, each with a double-entry ledger: an island that imports Django only.

Written from the vendors' documentation and never from a connector of ours, or both would agree on
the same mistake. Installed only in a process that serves it (`manage.py runsandbox`).
"""
