"""Apply what arrived from their books to ours."""

from apps.sync.apply.arrivals import Counts, apply_arrivals

__all__ = ["Counts", "apply_arrivals"]
