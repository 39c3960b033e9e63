'use strict';

const { ask } = require('../api');
const { company, companyIn, filledIn, once, onceBy } = require('../inputs');
const { sample, outputFields } = require('../../made/records/invoice.json');

const KEY = 'create_invoice';
const LINE = [
  { key: 'item_code', label: 'Item Code', type: 'string' },
  {
    key: 'description',
    label: 'Description',
    type: 'string',
    helpText: 'Of what is sold; left empty, that of the item.',
  },
  { key: 'quantity', label: 'Quantity', type: 'string', placeholder: '1' },
  {
    key: 'unit_price',
    label: 'Unit Price',
    type: 'string',
    placeholder: '12.50',
    helpText: 'Left empty, the price of the item.',
  },
  {
    key: 'tax_code',
    label: 'Tax Code',
    type: 'string',
    helpText: 'Left empty, the rate of the customer, else that of the item.',
  },
  { key: 'discount_percent', label: 'Discount in Percent', type: 'string' },
  { key: 'discount_amount', label: 'Discount as an Amount', type: 'string' },
];
const FIELDS = [
  {
    key: 'customer',
    label: 'Customer ID',
    type: 'string',
    required: true,
    search: 'find_customer.id',
    helpText: 'The ID of the customer, from a step that finds or creates one.',
  },
  {
    key: 'issue_date',
    label: 'Invoice Date',
    type: 'string',
    placeholder: '2026-03-31',
    helpText: 'Left empty, today.',
  },
  { key: 'supply_date', label: 'Date of Supply', type: 'string', placeholder: '2026-03-31' },
  { key: 'due_date', label: 'Due Date', type: 'string', helpText: 'Left empty, by the terms.' },
  { key: 'terms', label: 'Payment Terms', type: 'string', placeholder: '30 days' },
  { key: 'purchase_order_number', label: 'Purchase Order Number', type: 'string' },
  { key: 'message', label: 'Message to the Customer', type: 'text' },
  {
    key: 'tax_mode',
    label: 'Unit Prices Are',
    choices: { exclusive: 'Without tax', inclusive: 'With tax', none: 'Of a sale without any tax' },
    helpText: 'Left empty, as the company does it.',
  },
];
const NAMES = FIELDS.map(({ key }) => key);

const perform = (z, bundle) =>
  ask(z, bundle, 'POST', '/invoices', {
    body: {
      ...filledIn(bundle.inputData, NAMES),
      lines: (bundle.inputData.lines || []).map((line) => filledIn(line, LINE.map(({ key }) => key))),
      ...companyIn(bundle.inputData),
    },
    once: onceBy(z, KEY, bundle),
  });

module.exports = {
  key: KEY,
  noun: 'Invoice',
  display: {
    label: 'Create Invoice Draft',
    description: 'Creates the draft of an invoice. It is owed by nobody until it is issued.',
  },
  operation: {
    perform,
    inputFields: [
      ...FIELDS,
      // No `required` here: with it Zapier does not hand over what is inside.
      { key: 'lines', label: 'Lines', children: LINE },
      company,
      once(false),
    ],
    outputFields,
    sample,
  },
};
