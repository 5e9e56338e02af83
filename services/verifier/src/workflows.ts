/** What is asked of a person and by which numbers it is judged. No I/O here: set-up code names them. */
export interface VerifierWorkflow {
  id: string;
  label: string;
  method: 'PASSIVE' | 'ACTIVE_3D';
  features: readonly ('LIVENESS' | 'FACE_MATCH')[];
  /** Stores the face instead of comparing with it. */
  enrolment: boolean;
  /** `test` exists only where a calibration for drawn test faces was loaded. */
  calibration: 'production' | 'test';
  /** 0-100. At or below decline: Declined; at or below review: In Review. */
  thresholds: {
    liveness: { decline: number; review: number };
    match: { decline: number; review: number };
  };
  /** Refused frames (PASSIVE) or challenges (ACTIVE_3D) a session may use up. */
  maxAttempts: number;
}

const COMMON = {
  thresholds: {
    liveness: { decline: 10, review: 30 },
    match: { decline: 50, review: 70 },
  },
  maxAttempts: 3,
} as const;

const SIGN_IN = { features: ['LIVENESS', 'FACE_MATCH'], enrolment: false } as const;
const ENROLMENT = { method: 'PASSIVE', features: ['LIVENESS'], enrolment: true } as const;

/** The verifier's fixed workflows. Ids are stable: gateways keep them in their own workflows. */
export const WORKFLOWS = {
  PASSIVE: {
    ...COMMON,
    ...SIGN_IN,
    id: 'f3a1c0de-0001-4000-8000-000000000001',
    label: 'Selfie',
    method: 'PASSIVE',
    calibration: 'production',
  },
  ACTIVE_3D: {
    ...COMMON,
    ...SIGN_IN,
    id: 'f3a1c0de-0001-4000-8000-000000000002',
    label: 'Selfie with head turns',
    method: 'ACTIVE_3D',
    calibration: 'production',
  },
  ENROLMENT: {
    ...COMMON,
    ...ENROLMENT,
    id: 'f3a1c0de-0001-4000-8000-000000000003',
    label: 'Enrolment',
    calibration: 'production',
  },
  DRAWN_PASSIVE: {
    ...COMMON,
    ...SIGN_IN,
    id: 'f3a1c0de-0002-4000-8000-000000000001',
    label: 'Selfie of a drawn test face',
    method: 'PASSIVE',
    calibration: 'test',
  },
  DRAWN_ACTIVE_3D: {
    ...COMMON,
    ...SIGN_IN,
    id: 'f3a1c0de-0002-4000-8000-000000000002',
    label: 'Drawn test face with head turns',
    method: 'ACTIVE_3D',
    calibration: 'test',
  },
  DRAWN_ENROLMENT: {
    ...COMMON,
    ...ENROLMENT,
    id: 'f3a1c0de-0002-4000-8000-000000000003',
    label: 'Enrolment of a drawn test face',
    calibration: 'test',
  },
} as const satisfies Record<string, VerifierWorkflow>;

const BY_ID = new Map<string, VerifierWorkflow>(
  Object.values(WORKFLOWS).map((workflow) => [workflow.id, workflow]),
);

/** The workflow of an id, in any case of its hex digits. */
export function findWorkflow(id: string): VerifierWorkflow | null {
  return BY_ID.get(id.toLowerCase()) ?? null;
}

/** Version that the contract asks for beside a workflow's id: ours are fixed. */
export const WORKFLOW_VERSION = 1;

/** Frames an enrolment asks for; more photos of a person make a steadier template. */
export const ENROLMENT_FRAMES = 3;
