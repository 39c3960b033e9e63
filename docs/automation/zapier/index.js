'use strict';

const { version: platformVersion } = require('zapier-platform-core');

const { version } = require('./package.json');
const authentication = require('./lib/authentication');
const { addKey, sayWhatIsWrong } = require('./lib/api');
const companies = require('./lib/companies');
const events = require('./lib/events');
const triggerOf = require('./lib/trigger');
const findCustomer = require('./lib/searches/find_customer');
const findInvoice = require('./lib/searches/find_invoice');
const createCustomer = require('./lib/creates/create_customer');
const createInvoice = require('./lib/creates/create_invoice');
const issueInvoice = require('./lib/creates/issue_invoice');
const recordPayment = require('./lib/creates/record_payment');

const byKey = (steps) => Object.fromEntries(steps.map((step) => [step.key, step]));

module.exports = {
  version,
  platformVersion,
  authentication,
  beforeRequest: [addKey],
  afterResponse: [sayWhatIsWrong],
  triggers: byKey([companies, ...events.map(triggerOf)]),
  searches: byKey([findCustomer, findInvoice]),
  creates: byKey([createCustomer, createInvoice, issueInvoice, recordPayment]),
  searchOrCreates: {
    find_customer: {
      key: 'find_customer',
      display: {
        label: 'Find or Create Customer',
        description: 'Finds a customer by code, email or name, and adds it where there is none.',
      },
      search: 'find_customer',
      create: 'create_customer',
    },
  },
};
