"""What of our figures no total of a ledger's own can be held against, and why, in a sentence."""

from apps.connectors.port import Capabilities
from apps.connectors.totals import ControlTotal


def not_held_against(has: Capabilities) -> str:
    """ "" where the trial balance says it all. The reasons are the connector's (`cannot`)."""
    name = has.name
    if not has.reads_back:
        why = has.cannot.get("reads_back", f"{name} cannot be read.")
        return f"Our figures can be held against nothing in {name}: {_as_reason(why, name)}"
    if ControlTotal.TRIAL_BALANCE in has.control_totals:
        return ""
    why = _as_reason(has.cannot.get("trial_balance", f"{name} has no trial balance."), name)
    if {ControlTotal.RECEIVABLE, ControlTotal.TAX} <= has.control_totals:
        return f"Income and money were held against each record alone, and no total: {why}"
    if ControlTotal.RECEIVABLE in has.control_totals:
        return f"Income, tax and money were held against each record alone, and no total: {why}"
    return f"Our figures were held against each record alone, and no total of theirs: {why}"


def _as_reason(sentence: str, name: str) -> str:
    """As it goes on behind a colon: a name keeps its capital."""
    first = sentence[:1]
    return sentence if sentence.startswith(name) else f"{first.lower()}{sentence[1:]}"
