"""The receivables of a company as a plain-text ledger, so that an accountant reruns the proof.

`posting` makes dated entries of the books as of a day, `proof` what every account must then say
(worked out apart, from stored sums), and `hledger` and `beancount` write both down.
"""
