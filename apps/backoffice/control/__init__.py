"""Who may do what: staff, limits, approvals, the closing date."""
