'use strict';

const { ask } = require('../api');
const { company, companyIn, filledIn } = require('../inputs');
const { sample, outputFields } = require('../../made/records/customer.json');

const BY = ['code', 'email', 'name'];

const perform = async (z, bundle) => {
  const by = filledIn(bundle.inputData, BY);
  if (Object.keys(by).length === 0) {
    throw new z.errors.Error('Fill in a code, an email or a name to find a customer by.', 'invalid', 400);
  }
  const params = { ...by, ...companyIn(bundle.inputData), limit: 10 };
  return (await ask(z, bundle, 'GET', '/customers', { params })).data;
};

module.exports = {
  key: 'find_customer',
  noun: 'Customer',
  display: {
    label: 'Find Customer',
    description: 'Finds a customer by code, email or name. What is filled in has to fit whole, in any case.',
  },
  operation: {
    perform,
    inputFields: [
      { key: 'code', label: 'Code', type: 'string' },
      { key: 'email', label: 'Email', type: 'string' },
      { key: 'name', label: 'Name', type: 'string' },
      company,
    ],
    outputFields,
    sample,
  },
};
