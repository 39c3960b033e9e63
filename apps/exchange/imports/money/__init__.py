"""Files in which a row is a movement of money: payments with what they settle, payouts of cards."""
