'use strict';

// Fields that several steps ask for.

const company = {
  key: 'company',
  label: 'Company',
  type: 'integer',
  dynamic: 'company.id.name',
  helpText: 'Whose it is. May be left empty where the key of your connection is for one company.',
};

const once = (required) => ({
  key: 'once_for',
  label: 'Do It Once For',
  type: 'string',
  required,
  helpText:
    'Something that stays the same when Zapier repeats this step, and differs for the next run, such as the ID of what triggered the Zap. However often the step is sent, Tieout then does it once.',
});

const anotherOne = (noun) => ({
  key: 'allow_duplicate',
  label: 'Even If One Like It Is There',
  type: 'boolean',
  helpText: `Tieout refuses ${noun} like one that is there already, since it may be the same typed twice. Choose yes where it is another one.`,
});

const farDate = (day) => ({
  key: 'allow_far_date',
  label: 'Even If the Date Is Far Away',
  type: 'boolean',
  helpText: `Tieout refuses ${day}, since it may be mistyped. Choose yes where it is meant.`,
});

// One ID in two steps means two things: the name of the step belongs to it. Hashed, since a header takes
// neither “é” nor more than 255 characters.
const onceBy = (z, step, bundle) =>
  bundle.inputData.once_for === undefined
    ? undefined
    : `zapier-${step}-${z.hash('sha256', String(bundle.inputData.once_for))}`;

// What was filled in of these fields; Zapier leaves out the rest.
const filledIn = (inputData, names) =>
  Object.fromEntries(
    names.filter((name) => inputData[name] !== undefined).map((name) => [name, inputData[name]]),
  );

// A choice of a dropdown comes as a text.
const companyIn = ({ company: chosen }) =>
  chosen === undefined || chosen === '' ? {} : { company: Number(chosen) };

module.exports = { company, companyIn, once, onceBy, anotherOne, farDate, filledIn };
