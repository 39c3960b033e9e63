'use strict';

const { ask } = require('./api');
const { company, companyIn } = require('./inputs');

const keyOf = (type) => type.replace('.', '_');

// An instant trigger for a type of event. What comes to the hook, what the list of samples holds and
// what the editor shows without either is the same envelope.
module.exports = ({ type, noun, label, description }) => {
  // Without an Idempotency-Key: a Zap that is switched on again may come with the address of before,
  // and has to be subscribed anew.
  const subscribe = async (z, bundle) => {
    const { id } = await ask(z, bundle, 'POST', '/hooks', {
      body: { event: type, target_url: bundle.targetUrl, ...companyIn(bundle.inputData) },
    });
    return { id }; // Zapier keeps it, and need not know the secret
  };

  const unsubscribe = (z, bundle) =>
    ask(z, bundle, 'DELETE', `/hooks/${bundle.subscribeData.id}`);

  const list = (z, bundle) =>
    ask(z, bundle, 'GET', '/hooks/sample', {
      params: { event: type, ...companyIn(bundle.inputData) },
    });

  const { sample, outputFields } = require(`../made/events/${keyOf(type)}.json`);
  return {
    key: keyOf(type),
    noun,
    display: { label, description },
    operation: {
      type: 'hook',
      performSubscribe: subscribe,
      performUnsubscribe: unsubscribe,
      perform: (z, bundle) => [bundle.cleanedRequest],
      performList: list,
      inputFields: [company],
      outputFields,
      sample,
    },
  };
};
