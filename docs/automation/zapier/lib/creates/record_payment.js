'use strict';

const { ask } = require('../api');
const { anotherOne, farDate, filledIn, once, onceBy } = require('../inputs');
const { sample, outputFields } = require('../../made/records/payment.json');

const KEY = 'record_payment';
const NAMES = [
  'amount',
  'date',
  'method',
  'reference',
  'memo',
  'oldest_first',
  'exchange_rate',
  'allow_duplicate',
  'allow_far_date',
];

const payer = async (z, bundle) => {
  const { customer, invoice } = bundle.inputData;
  if (customer !== undefined) return customer;
  if (invoice === undefined) {
    throw new z.errors.Error('Fill in an invoice or a customer: who paid?', 'invalid', 400);
  }
  return (await ask(z, bundle, 'GET', `/invoices/${encodeURIComponent(invoice)}`)).customer.id;
};

const perform = async (z, bundle) => {
  const { invoice, amount, amount_applied: applied = amount } = bundle.inputData;
  return ask(z, bundle, 'POST', '/payments', {
    body: {
      ...filledIn(bundle.inputData, NAMES),
      customer: await payer(z, bundle),
      ...(invoice !== undefined && { apply: [{ invoice, amount: applied }] }),
    },
    once: onceBy(z, KEY, bundle),
  });
};

module.exports = {
  key: KEY,
  noun: 'Payment',
  display: {
    label: 'Record Payment',
    description: 'Records money that a customer paid, and sets it against an invoice.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'amount',
        label: 'Amount',
        type: 'string',
        required: true,
        placeholder: '1500.00',
        helpText: 'In the currency of the customer.',
      },
      {
        key: 'date',
        label: 'Date',
        type: 'string',
        required: true,
        placeholder: '2026-03-31',
        helpText: 'The date of the bank.',
      },
      {
        key: 'invoice',
        label: 'Invoice ID',
        type: 'string',
        search: 'find_invoice.id',
        helpText: 'The invoice that it pays. Left empty, the money stays on account.',
      },
      {
        key: 'amount_applied',
        label: 'Of It for the Invoice',
        type: 'string',
        helpText: 'Left empty, the whole amount. What is left stays on account.',
      },
      {
        key: 'customer',
        label: 'Customer ID',
        type: 'string',
        search: 'find_customer.id',
        helpText: 'Who paid. Left empty, the customer of the invoice.',
      },
      {
        key: 'oldest_first',
        label: 'Rest to the Oldest Invoices',
        type: 'boolean',
        helpText: 'Sets what is left against the oldest open invoices of the customer.',
      },
      {
        key: 'method',
        label: 'Payment Method',
        type: 'string',
        placeholder: 'Bank transfer',
        helpText: 'The name of a payment method of Tieout.',
      },
      { key: 'reference', label: 'Reference', type: 'string', helpText: 'At most 21 characters.' },
      { key: 'memo', label: 'Memo', type: 'text' },
      {
        key: 'exchange_rate',
        label: 'Exchange Rate',
        type: 'string',
        helpText: 'Home currency for one unit of the currency; left empty, the listed one of the date.',
      },
      anotherOne('a payment'),
      farDate('a date in the future, or more than a year ago'),
      once(true),
    ],
    outputFields,
    sample,
  },
};
