// What the node “Verify” of paid-invoice.json runs (Code, once for all items). The webhook node has to
// hand over the raw body: the signature is of bytes, and JSON that was read and written again has others.
const crypto = require('crypto');

// Of the endpoint in Tieout, shown once. Where you have variables, keep it there.
const SECRET = $vars.TIEOUT_WEBHOOK_SECRET || 'whsec_PUT_YOURS_HERE';
const TOLERANCE = 5 * 60; // seconds that a delivery may be under way
const KEPT = 1000; // ids of events that were taken

const { headers } = $input.first().json;
const body = await this.helpers.getBinaryDataBuffer(0, 'data');
const id = headers['webhook-id'] || '';
const timestamp = headers['webhook-timestamp'] || '';
const signatures = (headers['webhook-signature'] || '').split(' ');

const key = Buffer.from(SECRET.replace(/^whsec_/, ''), 'base64');
const expected = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
// While a secret is being changed there are two signatures: one of them has to fit.
const isGenuine = signatures.some((each) => {
  const [version, text] = each.split(',');
  const found = Buffer.from(text || '', 'base64');
  return version === 'v1' && found.length === expected.length && crypto.timingSafeEqual(found, expected);
});
const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE;
if (!isGenuine || !isRecent) {
  return [{ json: { genuine: false } }];
}

// The same event may come twice: its id tells. n8n keeps these ids while the workflow is active.
const memory = $getWorkflowStaticData('global');
const taken = memory.taken || [];
const again = taken.includes(id);
if (!again) {
  memory.taken = [id, ...taken].slice(0, KEPT);
}
return [{ json: { genuine: true, again, event: JSON.parse(body.toString('utf8')) } }];
