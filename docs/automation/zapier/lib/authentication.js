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
        'Made by an administrator of Tieout under **API keys**, best as the key of a service: with the scopes *Read records* and *Subscribe to events*, and those of what it shall do. It is shown once and begins with `tie_`.',
    },
  ],
  test,
  connectionLabel: '{{label}}', // of /me: the person, and the companies of the key
};
