'use strict';

const { baseOf } = require('./address');

const API = '/api/v1';
const AWAY = [502, 503, 504]; // a proxy's words, or ours while Tieout restarts
const PAUSE_SECONDS = 60; // where an answer that says “later” does not say when

const base = (z, bundle) => {
  try {
    return baseOf(bundle.authData.address);
  } catch (unfit) {
    throw new z.errors.Error(unfit.message, 'InvalidAddress', 400);
  }
};

// A request below /api/v1; its JSON. `version` is the revision that it is about (If-Match), `once` what
// tells a repetition of this step from another one (Idempotency-Key).
const ask = async (z, bundle, method, path, { params, body, version, once } = {}) => {
  const headers = { accept: 'application/json' };
  if (version !== undefined) headers['if-match'] = `"${version}"`;
  if (once !== undefined) headers['idempotency-key'] = once;
  const response = await z.request({
    method,
    url: `${base(z, bundle)}${API}${path}`,
    params,
    body,
    headers,
    redirect: 'manual', // an address that leads elsewhere is told, and no key follows it
    throwForThrottlingEarly: false, // the API says in words when to come again
  });
  return response.data;
};

const addKey = (request, z, bundle) => {
  if (request.url.startsWith(`${base(z, bundle)}${API}/`)) {
    request.headers = { ...request.headers, authorization: `Bearer ${bundle.authData.api_key}` };
  }
  return request;
};

// A problem document (RFC 9457), or null where the answer is none: a page of a proxy, say.
const problemIn = (response) => {
  if (!/^application\/problem\+json\b/.test(response.getHeader('content-type') || '')) return null;
  try {
    return JSON.parse(response.content);
  } catch {
    return null;
  }
};

const wordsOf = (problem, response) => {
  if (problem === null) {
    return `Tieout answered with ${response.status} and no reason. Is the address of the connection right?`;
  }
  const beside = (problem.errors || [])
    .filter(({ message }) => !problem.detail.includes(message))
    .map(({ field, message }) => (field ? `${field}: ${message}` : message));
  return [problem.detail, ...beside].join(' ');
};

const secondsIn = (response) => {
  const seconds = Number.parseInt(response.getHeader('retry-after') || '', 10);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : PAUSE_SECONDS;
};

const sayWhatIsWrong = (response, z, bundle) => {
  const { status } = response;
  if (status < 300) return response;
  if (status < 400) {
    const place = response.getHeader('location') || 'another address';
    const words = `That address leads to ${place}. Enter where Tieout really is.`;
    throw new z.errors.Error(words, 'InvalidAddress', status);
  }
  const problem = problemIn(response);
  const words = wordsOf(problem, response);
  // While a connection is being tried there is none yet that could have expired.
  if (status === 401 && !bundle.meta.isTestingAuth) throw new z.errors.ExpiredAuthError(words);
  if (status === 429 || AWAY.includes(status)) {
    throw new z.errors.ThrottledError(words, secondsIn(response));
  }
  const kind = problem === null ? 'NoReason' : String(problem.type).split('#').pop();
  throw new z.errors.Error(words, kind, status);
};

module.exports = { ask, addKey, sayWhatIsWrong };
