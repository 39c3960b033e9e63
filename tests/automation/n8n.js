'use strict';

// Runs the Code node of the n8n workflow as n8n does: an async function with the same names around it. Reads
// what came (JSON: headers, body in base64, secret, memory), writes what the node gives and what it remembers.

const { Webhook } = require('standardwebhooks');
const { readFileSync } = require('node:fs');

const AsyncFunction = (async () => {}).constructor;
const [workflow, name] = process.argv.slice(2);
const { nodes } = JSON.parse(readFileSync(workflow, 'utf8'));
const code = nodes.find((node) => node.name === name).parameters.jsCode;
const came = JSON.parse(readFileSync(0, 'utf8'));
const body = Buffer.from(came.body, 'base64');

const run = new AsyncFunction('require', '$vars', '$input', '$getWorkflowStaticData', code);
const node = { helpers: { getBinaryDataBuffer: async () => body } };
const input = { first: () => ({ json: { headers: came.headers } }) };

const library = () => {
  try {
    return new Webhook(came.secret).verify(body, came.headers);
  } catch (error) {
    return null;
  }
};

(async () => {
  const variables = { TIEOUT_WEBHOOK_SECRET: came.secret };
  const given = await run.call(node, require, variables, input, () => came.memory);
  process.stdout.write(JSON.stringify({ given, memory: came.memory, library: library() }));
})();
