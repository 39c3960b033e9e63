'use strict';

const { ask } = require('../api');
const { company, companyIn } = require('../inputs');
const { sample, outputFields } = require('../../made/records/invoice.json');

const perform = async (z, bundle) => {
  const params = { number: bundle.inputData.number, ...companyIn(bundle.inputData), limit: 10 };
  return (await ask(z, bundle, 'GET', '/invoices', { params })).data;
};

module.exports = {
  key: 'find_invoice',
  noun: 'Invoice',
  display: {
    label: 'Find Invoice',
    description: 'Finds an invoice by its number.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'number',
        label: 'Number',
        type: 'string',
        required: true,
        placeholder: 'INV-0042',
        helpText: 'The whole number, as it stands on the invoice.',
      },
      company,
    ],
    outputFields,
    sample,
  },
};
