"""Make snapshots of our records, with their ids in them; or say at once what stands in the way."""

from apps.sync.assemble.assembler import Assembler
from apps.sync.assemble.obstacles import Assembled, Obstacle

__all__ = ["Assembled", "Assembler", "Obstacle"]
