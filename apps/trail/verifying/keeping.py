"""What a verification found, in its row: pages and alerts read it there."""

import logging
from typing import Final

from django.utils import timezone

from apps.trail.models import Verification
from apps.trail.verifying.whole import Report

log = logging.getLogger(__name__)

TOLD: Final = 200  # findings that are kept for the page


def keep(row: Verification, report: Report) -> None:
    """It is done; the row is saved, and the log says where something is wrong."""
    row.state, row.ended_at = Verification.State.DONE, timezone.now()
    row.entries, row.rows, row.unsealed = report.entries, report.rows, report.unsealed
    row.head_number, row.head_link = report.head
    row.count = report.findings.count
    row.findings = [
        {
            "what": each.what.value,
            "sentence": each.sentence,
            "bare": each.bare,
            "company": each.company,
        }
        for each in report.findings.first[:TOLD]
    ]
    row.save()
    if row.count:
        log.error("the audit trail is not as it was sealed: %s findings", row.count)
