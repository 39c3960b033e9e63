'use strict';

// Every type of event as people read it in the Zap editor. What an event holds comes from Tieout:
// ../made/events has a sample and the fields of each.

module.exports = [
  {
    type: 'invoice.issued',
    noun: 'Invoice',
    label: 'Invoice Issued',
    description: 'Triggers when an invoice gets its number and is owed from now on.',
  },
  {
    type: 'invoice.paid',
    noun: 'Invoice',
    label: 'Invoice Paid',
    description: 'Triggers when money settles an invoice and nothing of it is owed any more.',
  },
  {
    type: 'invoice.voided',
    noun: 'Invoice',
    label: 'Invoice Voided',
    description: 'Triggers when an invoice that was issued is voided.',
  },
  {
    type: 'invoice.overdue',
    noun: 'Invoice',
    label: 'Invoice Overdue',
    description: 'Triggers on the day after the due date of an invoice of which money is still expected.',
  },
  {
    type: 'payment.received',
    noun: 'Payment',
    label: 'Payment Received',
    description: 'Triggers when money of a customer is recorded, here or in the accounting books.',
  },
  {
    type: 'payment.returned',
    noun: 'Returned Payment',
    label: 'Payment Returned',
    description: 'Triggers when a payment comes back or is charged back.',
  },
  {
    type: 'credit_note.issued',
    noun: 'Credit Note',
    label: 'Credit Note Issued',
    description: 'Triggers when a credit note gets its number.',
  },
  {
    type: 'refund.paid',
    noun: 'Refund',
    label: 'Refund Paid',
    description: 'Triggers when money is paid out to a customer.',
  },
  {
    type: 'deposit.made',
    noun: 'Bank Deposit',
    label: 'Bank Deposit Made',
    description: 'Triggers when payments are put together as one line of the bank statement.',
  },
  {
    type: 'customer.created',
    noun: 'Customer',
    label: 'Customer Created',
    description: 'Triggers when a customer is added.',
  },
  {
    type: 'customer.updated',
    noun: 'Customer',
    label: 'Customer Updated',
    description: 'Triggers when something about a customer is changed.',
  },
  {
    type: 'record.in_books',
    noun: 'Record',
    label: 'Record in the Books',
    description: 'Triggers when the accounting books confirm that they hold a record as it stands in Tieout.',
  },
  {
    type: 'sync.failed',
    noun: 'Record',
    label: 'Record Needs a Person',
    description: 'Triggers when a record does not get into the accounting books without a person.',
  },
  {
    type: 'connection.lost',
    noun: 'Connection',
    label: 'Connection Lost',
    description: 'Triggers when Tieout may not speak to a set of books any more until somebody connects it again.',
  },
  {
    type: 'agreement.broken',
    noun: 'Comparison',
    label: 'Both Sides Differ',
    description: 'Triggers when a comparison finds that Tieout and the accounting books differ, where they agreed before.',
  },
];
