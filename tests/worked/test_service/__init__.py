"""The simulated service of the worked ledger does what its page says, and nothing kinder."""
