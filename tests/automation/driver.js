'use strict';

// Drives the Zapier app as Zapier does, by the vendor's own tester: a request for each line of its input, an
// answer for each line of its output.

const readline = require('node:readline');
const { createAppTester } = require('zapier-platform-core');
const createLambdaHandler = require('zapier-platform-core/src/tools/create-lambda-handler');

const app = require(process.argv[2]);
const tester = createAppTester(app);
const at = (path) => path.split('.').reduce((value, name) => value[name], app);

const DO = {
  run: ({ path, bundle }) => tester(at(path), bundle),
  validate: async () => (await createLambdaHandler(app)({ command: 'validate' })).results,
  read: async ({ path }) => (path ? at(path) : app),
};

const answer = async (asked) => {
  try {
    return { result: (await DO[asked.do](asked)) ?? null };
  } catch (error) {
    return { error: { name: error.name, message: error.message } };
  }
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
})();
