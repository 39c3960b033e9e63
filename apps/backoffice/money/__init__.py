"""Money: payments, refunds, adjustments, bank deposits, and what they are set against."""
