'use strict';

const { ask } = require('./api');

// Fills the choice of a company; no trigger that people see.
const perform = async (z, bundle) => (await ask(z, bundle, 'GET', '/me')).companies;

module.exports = {
  key: 'company',
  noun: 'Company',
  display: {
    label: 'List of Companies',
    description: 'The companies that the key of the connection opens.',
    hidden: true,
  },
  operation: {
    type: 'polling',
    perform,
    sample: { id: 1, name: 'Thornfield Trading Ltd' },
    outputFields: [
      { key: 'id', label: 'ID', type: 'integer' },
      { key: 'name', label: 'Name', type: 'string' },
    ],
  },
};
