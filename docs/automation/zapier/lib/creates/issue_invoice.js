'use strict';

const { ask } = require('../api');
const { anotherOne, farDate, filledIn, once, onceBy } = require('../inputs');
const { sample, outputFields } = require('../../made/records/invoice.json');

const KEY = 'issue_invoice';

const perform = async (z, bundle) => {
  const place = `/invoices/${encodeURIComponent(bundle.inputData.invoice)}`;
  const draft = await ask(z, bundle, 'GET', place);
  return ask(z, bundle, 'POST', `${place}/issue`, {
    body: filledIn(bundle.inputData, ['allow_duplicate', 'allow_far_date']),
    version: draft.revision, // what somebody changes in between is not frozen unseen
    once: onceBy(z, KEY, bundle),
  });
};

module.exports = {
  key: KEY,
  noun: 'Invoice',
  display: {
    label: 'Issue Invoice',
    description: 'Issues a draft: it gets its number, is owed from now on, and goes to the accounting books.',
  },
  operation: {
    perform,
    inputFields: [
      {
        key: 'invoice',
        label: 'Invoice ID',
        type: 'string',
        required: true,
        helpText: 'The ID of the draft, from a step that creates one.',
      },
      anotherOne('an invoice'),
      farDate('an invoice dated more than a month ahead or more than a year ago'),
      once(true),
    ],
    outputFields,
    sample,
  },
};
