import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  incomingWebhookSchema,
  isSessionLinkProof,
  type JsonValue,
  parseUntrustedJson,
  RegardError,
  type SessionEvent,
  sessionEventBody,
  sessionLink,
  signInContext,
  toVerdict,
} from './index.ts';

const sessionId = '7d4f1f60-2b3c-4d5e-8f90-112233445566';
const echoed = '0199a4f0-0000-7000-8000-000000000001';
const base = {
  event_id: '3b0c2f5e-9a31-4c1e-9a55-6f0f2b7d1a10',
  webhook_type: 'status.updated',
  timestamp: 1_774_970_120,
  created_at: 1_774_970_119,
  session_id: sessionId,
  status: 'Approved',
  metadata: { regard_session_id: echoed },
};
const arrays = {
  liveness_checks: [{ node_id: 'l', status: 'Approved', method: 'passive', score: 96 }],
  face_matches: [
    {
      node_id: 'f',
      status: 'In Review',
      score: 61.5,
      warnings: [{ feature: 'FACEMATCH', risk: 'LOW_FACE_MATCH_SIMILARITY', log_type: 'warning' }],
    },
  ],
};
const flat = {
  liveness: { status: 'Approved', method: 'PASSIVE', score: 96 },
  face: { status: 'In Review', similarity_score: 0.615 },
};

describe('verdict of a webhook', () => {
  it.each([
    ['arrays', { decision: arrays }],
    ['flat blocks', flat],
    ['both', { decision: arrays, ...flat }],
  ])('reads the scores from %s on one scale', (_what, decision) => {
    const verdict = toVerdict(incomingWebhookSchema.parse({ ...base, ...decision }));
    expect(verdict.liveness).toEqual({ method: 'PASSIVE', score: 96, status: 'Approved' });
    expect(verdict.face).toEqual({ score: 61.5, status: 'In Review' });
    expect(verdict.sessionId).toBe(echoed);
    expect(verdict.occurredAt).toBe(1_774_970_119);
  });

  it('gives an event without an id one that is the same each time', () => {
    const { event_id: _dropped, ...anonymous } = base;
    const id = () => toVerdict(incomingWebhookSchema.parse(anonymous)).eventId;
    expect(id()).toBe(id());
    expect(id()).toBe(`${sessionId}_status.updated_1774970120`);
  });

  it('carries nothing of the person', () => {
    const webhook = { ...base, vendor_data: 'ada@example.org', metadata: { phone: '+15550100' } };
    const text = JSON.stringify(toVerdict(incomingWebhookSchema.parse(webhook)));
    expect(text).not.toMatch(/ada|5550100/);
  });

  it.each([
    ['an unknown status', { status: 'approved' }],
    ['a score out of range', { liveness: { status: 'Approved', method: 'PASSIVE', score: 101 } }],
    ['a session that is no UUID', { session_id: '1 or 1=1' }],
    ['a timestamp of text', { timestamp: '1774970120' }],
  ])('refuses %s', (_what, change) => {
    expect(incomingWebhookSchema.safeParse({ ...base, ...change }).success).toBe(false);
  });
});

describe('session event', () => {
  const event: SessionEvent = {
    eventId: base.event_id,
    webhookType: 'status.updated',
    createdAt: 1,
    applicationId: 'aa000000-0000-4000-8000-000000000001',
    environment: 'sandbox',
    sessionId,
    status: 'In Progress',
    previousStatus: 'Not Started',
    sequence: 2,
    workflowId: 'bb000000-0000-4000-8000-000000000002',
    workflowVersion: 1,
    vendorData: null,
    metadata: {},
    decision: { status: 'In Progress' },
    flat: { face: { status: 'Approved', similarity_score: 1 } },
    resubmit: { nodes: [{ feature: 'LIVENESS', node_id: 'liveness-1' }], reasons: {} },
  };

  it('carries the decision only on the statuses that have one', () => {
    expect(sessionEventBody(event)).not.toHaveProperty('decision');
    expect(sessionEventBody(event)).not.toHaveProperty('face');
    const approved = sessionEventBody({ ...event, status: 'Approved' });
    expect(approved).toMatchObject({ decision: {}, face: { similarity_score: 1 } });
    const back = sessionEventBody({ ...event, status: 'Resubmitted' });
    expect(back).not.toHaveProperty('decision');
    expect(back.resubmit_info).toEqual({ nodes_to_resubmit: event.resubmit?.nodes });
  });

  it('leaves empty metadata out', () => {
    for (const metadata of [{}, [], '', null] as JsonValue[]) {
      expect(sessionEventBody({ ...event, metadata })).not.toHaveProperty('metadata');
    }
    expect(sessionEventBody({ ...event, metadata: 'text' })).toHaveProperty('metadata', 'text');
  });
});

describe('sign-in context', () => {
  it('reads metadata as an object and as text alike', () => {
    const metadata = { device_id: ' d-9 ', from_ip: '203.0.113.7' };
    const expected = { deviceId: 'd-9', fromIp: '203.0.113.7' };
    expect(signInContext(metadata)).toEqual(expected);
    expect(signInContext(JSON.stringify(metadata))).toEqual(expected);
  });

  it('takes nothing from anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())), (metadata) => {
        fc.pre(typeof metadata !== 'string' || !metadata.includes('device_id'));
        expect(signInContext(metadata as JsonValue)).toEqual({ deviceId: null, fromIp: null });
      }),
    );
    expect(signInContext({ device_id: '', from_ip: 7 })).toEqual({ deviceId: null, fromIp: null });
  });
});

describe('untrusted JSON', () => {
  it('refuses depth beyond 32 and keys that reach the prototype', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseUntrustedJson(deep(32)).ok).toBe(true);
    expect(parseUntrustedJson(deep(33))).toEqual({ ok: false, fault: 'TOO_DEEP' });
    expect(parseUntrustedJson('{"a":[{"__proto__":{}}]}')).toEqual({
      ok: false,
      fault: 'FORBIDDEN_KEY',
    });
    expect(parseUntrustedJson('{')).toEqual({ ok: false, fault: 'NOT_JSON' });
  });
});

describe('session links', () => {
  it('hold for their own session and key only', () => {
    const key = Buffer.alloc(32, 1);
    const proof = sessionLink('https://regard.example', sessionId, key).split('/').at(-1) ?? '';
    expect(isSessionLinkProof(sessionId, proof, key)).toBe(true);
    expect(isSessionLinkProof(echoed, proof, key)).toBe(false);
    expect(isSessionLinkProof(sessionId, proof, Buffer.alloc(32, 2))).toBe(false);
    expect(isSessionLinkProof(sessionId, proof.slice(1), key)).toBe(false);
  });
});

describe('errors', () => {
  it('answer a sentence or fields, always with code and request id', () => {
    expect(new RegardError('RGD_NOT_FOUND').toBody('r1')).toEqual({
      detail: 'Not found.',
      code: 'RGD_NOT_FOUND',
      request_id: 'r1',
    });
    const fields = { portrait_image: 'Send a portrait.' };
    expect(new RegardError('RGD_PORTRAIT_REQUIRED', { fields }).toBody('r2')).toEqual({
      ...fields,
      code: 'RGD_PORTRAIT_REQUIRED',
      request_id: 'r2',
    });
  });
});
