from apps.trail.models.entries import Again, Chain, Entry, Floor, Shape
from apps.trail.models.outcomes import RuledDeed, Verification
from apps.trail.models.packs import AuditorPack

__all__ = ["Again", "AuditorPack", "Chain", "Entry", "Floor", "RuledDeed", "Shape", "Verification"]
