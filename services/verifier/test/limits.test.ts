import { createFacePool, type FacePool } from '@regard/face';
import { drawFace, TEST_IDENTITIES } from '@regard/testkit/drawn-faces';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKFLOWS } from '../src/workflows.ts';
import { createVerifierFixture, type VerifierFixture } from './verifier-fixture.ts';

let pool: FacePool;
let fixture: VerifierFixture;
let selfie: Buffer;
beforeAll(async () => {
  // No room to wait: every picture finds the workers busy.
  pool = await createFacePool({ workers: 1, queueLimitPerWorker: 0 });
  fixture = await createVerifierFixture({ face: pool });
  selfie = await drawFace(TEST_IDENTITIES[0]!, { seed: 1 });
});
afterAll(async () => {
  await fixture.close();
  await pool.close();
});

describe('when the face workers are busy', () => {
  it('a picture is sent away for a second and costs no attempt', async () => {
    const workflow_id = WORKFLOWS.DRAWN_ENROLMENT.id;
    const { token } = await fixture.open({ workflow_id, vendor_data: 'patient' });
    const answer = await fixture.frame(token, selfie);
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'RGD_BUSY']);
    expect(answer.headers['retry-after']).toBe('1');
    const opened = await fixture.app.inject({ method: 'POST', url: `/session/${token}/open` });
    expect(opened.json().attempts_left).toBe(3);
  });

  it('a portrait is as well', async () => {
    const body = {
      workflow_id: WORKFLOWS.PASSIVE.id,
      portrait_image: selfie.toString('base64'),
    };
    const answer = await fixture.api('POST', '/v3/session/', body);
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'RGD_BUSY']);
  });
});

describe('without a test calibration', () => {
  it('there are no workflows for drawn faces', async () => {
    const production = await createVerifierFixture({ face: pool, drawn: false });
    const vendor_data = 'somebody';
    for (const { id, calibration } of Object.values(WORKFLOWS)) {
      const body = { workflow_id: id, vendor_data };
      const { code } = (await production.api('POST', '/v3/session/', body)).json();
      expect(code === 'RGD_UNKNOWN_WORKFLOW').toBe(calibration === 'test');
    }
    await production.close();
  });
});
