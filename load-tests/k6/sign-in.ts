/**
 * Sign-ins through the whole system at a constant arrival rate, as k6 sees them. Run it by
 * `npm run load -- sign-in`, which starts the system and hands over what it needs.
 */
import { check, fail } from 'k6';
import encoding from 'k6/encoding';
import http from 'k6/http';
import { Counter, Trend } from 'k6/metrics';
import { uuidv4 } from './uuid.ts';

interface Setting {
  gateway: string;
  apiKey: string;
  workflow: string;
  callback: string;
  /** Answers when the webhook of a session's status has come, with the moment it came. */
  events: string;
  crowd: { user: string; selfie: string }[];
}

const setting = JSON.parse(open(__ENV.SETTING ?? fail('SETTING names no file'))) as Setting;
const crowd = setting.crowd.map(({ user, selfie }) => ({
  user,
  selfie: encoding.b64decode(selfie, 'std'),
}));

const selfieToWebhook = new Trend('selfie_to_webhook', true);
const lost = new Counter('sign_ins_lost');

export const options = {
  scenarios: {
    sign_in: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE ?? 5),
      timeUnit: '1s',
      duration: __ENV.DURATION ?? '30s',
      preAllocatedVUs: 20,
      maxVUs: 200,
    },
  },
  thresholds: {
    selfie_to_webhook: ['p(99)<2000'],
    sign_ins_lost: ['count==0'],
    checks: ['rate>0.999'],
  },
};

export default function signIn(): void {
  const opened = openSession();
  const took = opened === null ? null : takeSelfie(opened);
  if (took === null) lost.add(1);
  else selfieToWebhook.add(took);
}

function openSession(): { id: string; url: string; selfie: ArrayBuffer } | null {
  const member = crowd[Math.floor(Math.random() * crowd.length)];
  if (member === undefined) fail('The crowd is empty');
  const opened = http.post(
    `${setting.gateway}/v3/session/`,
    JSON.stringify({
      workflow_id: setting.workflow,
      vendor_data: member.user,
      callback: setting.callback,
      metadata: { device_id: uuidv4(), from_ip: '203.0.113.7' },
    }),
    { headers: { 'x-api-key': setting.apiKey, 'content-type': 'application/json' } },
  );
  if (!check(opened, { 'session opened': ({ status }) => status === 201 })) return null;
  const { session_id: id, url } = opened.json() as { session_id: string; url: string };
  return { id, url, selfie: member.selfie };
}

/** Milliseconds from the last byte of the selfie to the webhook at the app; null when lost. */
function takeSelfie({ id, url, selfie }: { id: string; url: string; selfie: ArrayBuffer }) {
  http.get(url);
  http.post(`${captureLink(url)}/open`);
  const judged = http.post(`${captureLink(url)}/frames`, selfie, {
    headers: { 'content-type': 'image/jpeg' },
  });
  // The moment the last byte left: what came after was waiting for the answer and reading it.
  const sentAt = Date.now() - judged.timings.waiting - judged.timings.receiving;
  if (!check(judged, { 'selfie taken': ({ status }) => status === 200 })) return null;
  const told = http.get(`${setting.events}/${id}/Approved`, { timeout: '15s' });
  if (!check(told, { 'webhook received': ({ status }) => status === 200 })) return null;
  return (told.json() as { receivedAt: number }).receivedAt - sentAt;
}

/** The page's own link, without the language in front. */
function captureLink(url: string): string {
  return url.replace(/\/[a-zA-Z-]+\/session\//, '/session/');
}
