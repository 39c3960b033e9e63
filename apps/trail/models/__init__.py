from apps.trail.models.entries import Again, Chain, Entry, Floor, Shape
from apps.trail.models.outcomes import RuledDeed, Verification

__all__ = ["Again", "Chain", "Entry", "Floor", "RuledDeed", "Shape", "Verification"]
