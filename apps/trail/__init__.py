"""The audit trail: what was written once, sealed in a chain, so that whoever rewrites it is found."""
