'use strict';

const { ask } = require('./api');

// `/me` needs no scope: it tells what a key is for.
const test = (z, bundle) => ask(z, bundle, 'GET', '/me');

module.exports = {
  type: 'custom',
  fields: [
    {
      key: 'address',
      label: 'Address of Tieout',
      type: 'string',
      required: true,
      placeholder: 'https://tieout.example.com',
      helpText: 'Where you open Tieout in your browser. It has to begin with https://.',
      isNoSecret: true,
    },
    {
      key: 'api_key',
      label: 'API Key',
      type: 'password',
      required: true,
      helpText:
        'Made in Tieout under **API keys**. For triggers by an administrator, with the scopes *Read records* and *Subscribe to events*; for actions by whoever may do the same on screen, with their scopes. It is shown once and begins with `tie_`.',
    },
  ],
  test,
  connectionLabel: '{{label}}', // of /me: the person, and the companies of the key
};
