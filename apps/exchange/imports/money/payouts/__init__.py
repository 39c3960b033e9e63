"""What a card processor's file comes to: payments, refunds, and bank deposits less its fees."""
