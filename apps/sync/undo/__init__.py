"""Taking back what one run made over there: planned, refused by name, carried out by the engine."""

from apps.sync.undo.asking import leave_there, undo_run
from apps.sync.undo.plan import Plan, plan_of
from apps.sync.undo.progress import Fate, Taken, fates_of
from apps.sync.undo.refusals import Line

__all__ = ["Fate", "Line", "Plan", "Taken", "fates_of", "leave_there", "plan_of", "undo_run"]
