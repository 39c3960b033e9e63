"""FreshBooks: invoices, credit notes and payments over FreshBooks' accounting API.

The registry lists what exports `CAPABILITIES` here, and asks a bench of whatever it lists. Until
that stands beside the tests, `connector.connect` is reached by its module alone.
"""
