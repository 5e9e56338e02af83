/** One entry of the error catalogue. `docs/api/errors.md` is generated from these. */
export interface ErrorEntry {
  /** HTTP status it is answered with. */
  status: number;
  /** The sentence a caller reads in `detail` unless the thrower says it better. */
  detail: string;
  /** What the caller can do about it. */
  remedy: string;
}

/** Every error a service answers with. Codes are stable: they are added, never renamed or reused. */
export const ERRORS = {
  RGD_INVALID_REQUEST: {
    status: 400,
    detail: 'The request is not valid.',
    remedy: 'Each faulty field is named in the body with what is wrong with it.',
  },
  RGD_MALFORMED_JSON: {
    status: 400,
    detail: 'The body is not valid JSON.',
    remedy: 'Send one JSON object, at most 32 levels deep, without keys such as "__proto__".',
  },
  RGD_WORKFLOW_TYPE_MISMATCH: {
    status: 400,
    detail: 'workflow_type does not agree with the workflow.',
    remedy: 'Leave workflow_type out, or send "biometric_authentication".',
  },
  RGD_UNKNOWN_WORKFLOW: {
    status: 400,
    detail: 'There is no published workflow of this id in the application.',
    remedy: 'Use the workflow_id of a published workflow of the application the key belongs to.',
  },
  RGD_PORTRAIT_REQUIRED: {
    status: 400,
    detail: 'The user has no enrolled face, so portrait_image is needed.',
    remedy: 'Send portrait_image (base64 JPEG, PNG or WebP), or enrol the user first.',
  },
  RGD_PORTRAIT_UNUSABLE: {
    status: 400,
    detail: 'No single usable face was found in portrait_image.',
    remedy: 'Send a sharp, well lit picture with exactly one face, at most 2 MB.',
  },
  RGD_STATUS_NOT_CHANGEABLE: {
    status: 400,
    detail: 'A session of this status cannot be changed by hand.',
    remedy: 'Only Approved, Declined, In Review, Kyc Expired, Abandoned and Resubmitted can.',
  },
  RGD_ILLEGAL_TRANSITION: {
    status: 400,
    detail: 'The session cannot go from its status to the one asked for.',
    remedy: 'See the table of statuses and their transitions.',
  },
  RGD_NOTHING_TO_RESUBMIT: {
    status: 400,
    detail: 'No step of this session can be taken again.',
    remedy: 'Name the steps in nodes_to_resubmit, or open a new session.',
  },
  RGD_SKIPPED_WITHOUT_SELFIE: {
    status: 400,
    detail: 'This session was approved without a selfie and has no step to take again.',
    remedy: 'Open a new session.',
  },
  RGD_INVALID_GRANT: {
    status: 400,
    detail: 'The grant is not valid, has expired, was used before or belongs to another client.',
    remedy: 'Each approval and each refresh token works once; let the person sign in again.',
  },
  RGD_UNSUPPORTED_GRANT: {
    status: 400,
    detail: 'This grant_type is not supported.',
    remedy: 'Use urn:ietf:params:oauth:grant-type:jwt-bearer or refresh_token.',
  },
  RGD_BAD_API_KEY: {
    status: 401,
    detail: 'The API key is not valid.',
    remedy: 'Check the x-api-key header: the key may be mistyped or revoked.',
  },
  RGD_EXPIRED_API_KEY: {
    status: 401,
    detail: 'This API key has expired.',
    remedy: 'Use a current key of the application.',
  },
  RGD_BAD_CLIENT: {
    status: 401,
    detail: 'The client could not be authenticated.',
    remedy: 'Authenticate with the application id and its API key, or with x-api-key.',
  },
  RGD_MISSING_SIGNATURE: {
    status: 401,
    detail: 'The webhook carries no usable signature.',
    remedy: 'Send X-Timestamp and X-Signature-V2 (or X-Signature); Simple alone is not enough.',
  },
  RGD_STALE_TIMESTAMP: {
    status: 401,
    detail: 'The webhook timestamp is more than 300 seconds away from our clock.',
    remedy: 'Sign each attempt anew with the current time; check the clock of the sender.',
  },
  RGD_BAD_SIGNATURE: {
    status: 401,
    detail: 'The webhook signature does not match.',
    remedy: 'Sign the exact body, or its canonical form, with the current shared secret.',
  },
  RGD_MISSING_API_KEY: {
    status: 403,
    detail: 'You do not have permission to perform this action.',
    remedy: 'Send the API key in the x-api-key header.',
  },
  RGD_SELFIE_LOCKED: {
    status: 403,
    detail: 'Too many failed selfies: sign-in by selfie is locked for this user for a while.',
    remedy: 'Offer the fallback named in the body; the lock ends at locked_until.',
  },
  RGD_CAPTURE_FORBIDDEN: {
    status: 403,
    detail: 'This capture is not yours to continue.',
    remedy: 'Open the link of the session in the browser that goes on with it.',
  },
  RGD_NOT_FOUND: {
    status: 404,
    detail: 'Not found.',
    remedy: 'Check the id and that it belongs to the application of the key.',
  },
  RGD_CAPTURE_CLOSED: {
    status: 409,
    detail: 'This session takes no more pictures.',
    remedy: 'It is finished, expired or already used; open a new session.',
  },
  RGD_CHALLENGE_MISMATCH: {
    status: 409,
    detail: 'The frame does not belong to the challenge that is open.',
    remedy: 'Ask for the challenge again and send its frames in order, in time.',
  },
  RGD_BODY_TOO_LARGE: {
    status: 413,
    detail: 'The body is too large.',
    remedy: 'Send less: the limit of each route is in the API reference.',
  },
  RGD_UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    detail: 'The content type is not supported here.',
    remedy: 'Use the content type named in the API reference.',
  },
  RGD_NOT_AN_IMAGE: {
    status: 422,
    detail: 'This is not a picture we can read.',
    remedy: 'Send a JPEG, PNG or WebP picture.',
  },
  RGD_IMAGE_TOO_LARGE: {
    status: 422,
    detail: 'The picture has too many pixels.',
    remedy: 'Send at most 12 megapixels; the page shrinks pictures before it sends them.',
  },
  RGD_NO_FACE: {
    status: 422,
    detail: 'No face was found.',
    remedy: 'Hold the phone at eye level, look into the camera, in good light.',
  },
  RGD_MULTIPLE_FACES: {
    status: 422,
    detail: 'More than one face was found.',
    remedy: 'Only the person signing in should be in the picture.',
  },
  RGD_FACE_TOO_SMALL: {
    status: 422,
    detail: 'The face is too small.',
    remedy: 'Move closer to the camera.',
  },
  RGD_TOO_BLURRED: {
    status: 422,
    detail: 'The picture is blurred.',
    remedy: 'Hold still and wipe the lens.',
  },
  RGD_TOO_DARK: {
    status: 422,
    detail: 'The picture is too dark.',
    remedy: 'More light on the face.',
  },
  RGD_TOO_BRIGHT: {
    status: 422,
    detail: 'The picture is too bright.',
    remedy: 'Turn away from the strong light.',
  },
  RGD_DIFFERENT_PERSON: {
    status: 422,
    detail: 'This does not look like the person of the pictures before.',
    remedy: 'All pictures of an enrolment should show the same person.',
  },
  RGD_RATE_LIMITED: {
    status: 429,
    detail: 'Too many requests.',
    remedy: 'Wait for the seconds in Retry-After.',
  },
  RGD_INTERNAL: {
    status: 500,
    detail: 'Something failed on our side.',
    remedy: 'Try again; give the request_id when you report it.',
  },
  RGD_PROVIDER_REFUSED: {
    status: 502,
    detail: 'The verification provider refused the request.',
    remedy: 'The operator should check the provider settings of the gateway.',
  },
  RGD_BUSY: {
    status: 503,
    detail: 'All face workers are busy.',
    remedy: 'Try again after the seconds in Retry-After.',
  },
  RGD_UNAVAILABLE: {
    status: 503,
    detail: 'A part this request needs is not reachable right now.',
    remedy: 'Try again after the seconds in Retry-After; nothing was changed.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** What a caller gets: a sentence, or sentences by field, always with a code and the request's id. */
export type ErrorBody = { code: ErrorCode; request_id: string } & Record<string, unknown>;

/**
 * An error that is meant for the caller. Anything else that is thrown becomes RGD_INTERNAL and its
 * message stays in our log.
 */
export class RegardError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Field name to what is wrong with it; answered instead of `detail`. */
  readonly fields: Record<string, string | string[]> | null;
  readonly retryAfterSeconds: number | null;
  /** Further members of the body that a caller may act on. */
  readonly extra: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    options: {
      detail?: string;
      fields?: Record<string, string | string[]>;
      retryAfterSeconds?: number;
      extra?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(options.detail ?? ERRORS[code].detail, { cause: options.cause });
    this.name = 'RegardError';
    this.code = code;
    this.status = ERRORS[code].status;
    this.fields = options.fields ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
    this.extra = options.extra ?? {};
  }

  /** The body of the answer (docs/api/errors.md). */
  toBody(requestId: string): ErrorBody {
    const message = this.fields ?? { detail: this.message };
    return { ...message, ...this.extra, code: this.code, request_id: requestId };
  }
}
