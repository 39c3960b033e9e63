"""How the rows of the engine belong to a company: by their connection, and by nothing else."""

from typing import Final

from apps.billing.sight import Belonging

WHOSE: Final[dict[str, Belonging]] = {
    "sync.SyncRecord": "connection__company",
    "sync.RemoteRecord": "connection__company",
    "sync.SideRule": "connection__company",
    "sync.Edit": "connection__company",
    "sync.FirstOfKind": "connection__company",
    "sync.MatchDecision": "connection__company",
    "sync.Run": "connection__company",
    "sync.Undo": "run__connection__company",
    "sync.UndoPart": "undo__run__connection__company",
    "sync.Call": "connection__company",
    "sync.Cursor": "connection__company",
    "sync.Survey": "connection__company",
    "sync.News": "connection__company",
    "sync.Tie": "sync_record__connection__company",
    "sync.Candidate": "sync_record__connection__company",
    "sync.Conflict": "sync_record__connection__company",
    "sync.CustomerMerge": "sync_record__connection__company",
    "sync.OpeningItem": "sync_record__connection__company",
    "sync.Attempt": "sync_record__connection__company",
    "sync.HistoryNote": "sync_record__connection__company",
    "sync.Agreed": "record__connection__company",
    "sync.Intended": "record__connection__company",
}
