import { type Verdict, type WorkflowConfigInput, workflowConfigSchema } from '@regard/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf, type DecisionFacts, decide } from './index.ts';

const provider_workflows = {
  PASSIVE: '5e1f1e00-0000-4000-8000-000000000001',
  ACTIVE_3D: '5e1f1e00-0000-4000-8000-000000000002',
};
const configOf = (change: Partial<WorkflowConfigInput> = {}) =>
  workflowConfigSchema.parse({ provider_workflows, ...change });

function verdictOf(
  liveness: number | null,
  face: number | null,
  change: Partial<Verdict> = {},
): Verdict {
  return {
    eventId: 'e1',
    providerSessionId: '7d4f1f60-2b3c-4d5e-8f90-112233445566',
    sessionId: null,
    status: 'Approved',
    occurredAt: 1,
    liveness: { method: 'PASSIVE', score: liveness, status: 'Approved' },
    face: { score: face, status: 'Approved' },
    warnings: [],
    quality: null,
    ...change,
  };
}

function factsOf(verdict: Verdict, change: Partial<DecisionFacts> = {}): DecisionFacts {
  return {
    verdict,
    config: configOf(),
    method: 'PASSIVE',
    purpose: 'sign_in',
    stepUpUsed: false,
    usualMatchScore: null,
    ...change,
  };
}

const score = fc.double({ min: 0, max: 100, noNaN: true });

describe('decision', () => {
  it.each([
    [96, 88, 'Approved'],
    [96, 70.01, 'Approved'],
    [96, 70, 'In Review'],
    [96, 50.01, 'In Review'],
    [96, 50, 'Declined'],
    [30, 88, 'In Review'],
    [10, 88, 'Declined'],
    [null, 88, 'In Review'],
    [96, null, 'In Review'],
  ] as [number | null, number | null, string][])(
    'liveness %s and match %s: %s',
    (liveness, face, status) => {
      expect(decide(factsOf(verdictOf(liveness, face))).status).toBe(status);
    },
  );

  it('is never better than its worst score, and never worse for a better one', () => {
    const weight = { Approved: 0, 'In Review': 1, Declined: 2 };
    fc.assert(
      fc.property(score, score, score, (liveness, face, better) => {
        const status = decide(factsOf(verdictOf(liveness, face))).status;
        expect(weight[status]).toBe(
          Math.max(weight[bandOf(liveness, 10, 30)], weight[bandOf(face, 50, 70)]),
        );
        const improved = decide(factsOf(verdictOf(liveness, Math.max(face, better)))).status;
        expect(weight[improved]).toBeLessThanOrEqual(weight[status]);
      }),
    );
  });

  it('never upgrades a refusal of the provider', () => {
    const warning = { feature: 'LIVENESS', risk: 'LIVENESS_FACE_ATTACK', logType: 'error' };
    fc.assert(
      fc.property(score, score, (liveness, face) => {
        const attacked = verdictOf(liveness, face, { status: 'Declined', warnings: [warning] });
        expect(decide(factsOf(attacked)).status).toBe('Declined');
        const unexplained = verdictOf(liveness, face, { status: 'Declined' });
        expect(decide(factsOf(unexplained)).status).toBe('Declined');
      }),
    );
  });

  it('takes a warning for no explanation of a refusal', () => {
    const low = { feature: 'FACEMATCH', risk: 'LOW_FACE_MATCH_SIMILARITY', logType: 'warning' };
    const declined = verdictOf(95, 80, { status: 'Declined', warnings: [low] });
    expect(decide(factsOf(declined)).status).toBe('Declined');
    const inReview = verdictOf(95, 80, { status: 'In Review', warnings: [low] });
    expect(decide(factsOf(inReview)).status).toBe('Approved');
  });

  it.each(['PASSIVE', 'PASSIVE_V2', ''])('takes the method "%s" for no head turns', (method) => {
    const liveness = { method, score: 96, status: 'Approved' };
    const asked = { method: 'ACTIVE_3D' as const };
    expect(decide(factsOf(verdictOf(96, 90, { liveness }), asked)).status).toBe('Declined');
    expect(decide(factsOf(verdictOf(96, 90, { liveness: null }), asked)).status).toBe('Declined');
  });

  it("replaces the provider's thresholds by the workflow's", () => {
    const low = { feature: 'FACEMATCH', risk: 'LOW_FACE_MATCH_SIMILARITY', logType: 'error' };
    const verdict = verdictOf(96, 45, { status: 'Declined', warnings: [low] });
    expect(decide(factsOf(verdict)).status).toBe('Declined');
    const lenient = configOf({
      face_match_score_decline_threshold: 20,
      face_match_score_review_threshold: 40,
    });
    expect(decide(factsOf(verdict, { config: lenient })).status).toBe('Approved');
  });

  it('sends a doubtful passive selfie back for a stronger method, once', () => {
    const doubtful = verdictOf(96, 60);
    expect(decide(factsOf(doubtful)).stepUp).toBe('ACTIVE_3D');
    expect(decide(factsOf(doubtful, { stepUpUsed: true })).stepUp).toBeNull();
    expect(decide(factsOf(doubtful, { purpose: 'enrolment' })).stepUp).toBeNull();
    const off = configOf({ step_up: { enabled: false } });
    expect(decide(factsOf(doubtful, { config: off })).stepUp).toBeNull();
    expect(decide(factsOf(verdictOf(96, 40))).stepUp).toBeNull();
    expect(decide(factsOf(verdictOf(96, 90))).stepUp).toBeNull();
  });

  it('does not ask for a second look at what no look can settle', () => {
    const warning = { feature: 'LIVENESS', risk: 'POSSIBLE_FACE_IN_BLOCKLIST', logType: 'warning' };
    const verdict = verdictOf(96, 60, { status: 'In Review', warnings: [warning] });
    expect(decide(factsOf(verdict))).toMatchObject({ status: 'In Review', stepUp: null });
  });

  it('declines a selfie taken by a weaker method than was asked', () => {
    const decision = decide(factsOf(verdictOf(96, 90), { method: 'ACTIVE_3D' }));
    expect(decision.status).toBe('Declined');
    expect(decision.findings[0]?.reason).toBe('METHOD_WEAKER_THAN_ASKED');
  });

  it('lets a match far below what is usual drift to In Review', () => {
    const config = configOf({ face_match_drift_points: 20 });
    const usual = (usualMatchScore: number | null) =>
      decide(factsOf(verdictOf(96, 75), { config, usualMatchScore, stepUpUsed: true }));
    expect(usual(96).findings[0]?.reason).toBe('MATCH_DRIFT');
    expect(usual(96).status).toBe('In Review');
    expect(usual(95).status).toBe('Approved');
    expect(usual(null).status).toBe('Approved');
  });

  it('judges an enrolment by liveness alone', () => {
    const verdict = verdictOf(96, null, { face: null });
    const decision = decide(factsOf(verdict, { purpose: 'enrolment' }));
    expect(decision).toMatchObject({ status: 'Approved', faceMatch: null, liveness: 'Approved' });
  });
});
