'use strict';

// Every company runs its own Tieout: a connection names its address. Only TIEOUT_ALLOW_HTTP=yes, which
// is for a server on the developer's own machine, lets a key travel in the clear.

const REMEDY = 'Enter the address at which you open Tieout, such as https://tieout.example.com.';

const baseOf = (entered) => {
  const text = String(entered || '').trim();
  let address;
  try {
    address = new URL(text);
  } catch {
    throw new Error(`“${text}” is not an address. ${REMEDY}`);
  }
  const inTheClear = address.protocol === 'http:' && process.env.TIEOUT_ALLOW_HTTP === 'yes';
  if (address.protocol !== 'https:' && !inTheClear) {
    throw new Error(`The address has to begin with https://, so that nobody reads your key. ${REMEDY}`);
  }
  if (address.username || address.password) {
    throw new Error(`Leave name and password out of the address. ${REMEDY}`);
  }
  return address.origin;
};

module.exports = { baseOf };
