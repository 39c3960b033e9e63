'use strict';

const { ask } = require('../api');
const { anotherOne, company, companyIn, filledIn, once, onceBy } = require('../inputs');
const { sample, outputFields } = require('../../made/records/customer.json');

const KEY = 'create_customer';
const FIELDS = [
  { key: 'name', label: 'Name', type: 'string', required: true },
  { key: 'code', label: 'Code', type: 'string', helpText: 'What you call the customer for short.' },
  { key: 'email', label: 'Email', type: 'string' },
  { key: 'phone', label: 'Phone', type: 'string' },
  { key: 'tax_number', label: 'Tax Number', type: 'string' },
  {
    key: 'currency',
    label: 'Currency',
    type: 'string',
    placeholder: 'GBP',
    helpText: 'What the customer is invoiced in; left empty, the currency of the company.',
  },
  { key: 'address_lines', label: 'Address Lines', type: 'string', list: true },
  { key: 'city', label: 'City', type: 'string' },
  { key: 'region', label: 'Region or State', type: 'string' },
  { key: 'postal_code', label: 'Postal Code', type: 'string' },
  { key: 'country', label: 'Country', type: 'string', placeholder: 'GB', helpText: 'Two letters.' },
  { key: 'terms', label: 'Payment Terms', type: 'string', placeholder: '30 days' },
  {
    key: 'tax_rate',
    label: 'Tax Rate',
    type: 'string',
    placeholder: 'S20',
    helpText: 'The code of a tax rate of Tieout, for invoices that name none.',
  },
];
const NAMES = [...FIELDS.map(({ key }) => key), 'allow_duplicate'];

const perform = (z, bundle) =>
  ask(z, bundle, 'POST', '/customers', {
    body: { ...filledIn(bundle.inputData, NAMES), ...companyIn(bundle.inputData) },
    once: onceBy(z, KEY, bundle),
  });

module.exports = {
  key: KEY,
  noun: 'Customer',
  display: { label: 'Create Customer', description: 'Creates a customer.' },
  operation: {
    perform,
    inputFields: [...FIELDS, anotherOne('a customer'), company, once(false)],
    outputFields,
    sample,
  },
};
