import {
  type ErrorCode,
  FACE_RETENTION_OUTCOMES,
  type JsonObject,
  RegardError,
} from '@regard/contract';
import { Agent, request } from 'undici';
import { z } from 'zod';

/** Longest wait for an answer of the provider; a portrait is analysed in it. */
const TIMEOUT_MS = 10_000;
/** Largest answer that is read. */
const MAX_ANSWER_BYTES = 256 * 1024;

const createdSchema = z.object({
  session_id: z.uuid(),
  session_token: z.string().min(1).max(512),
  url: z.url({ protocol: /^https?$/ }).max(2048),
});

const deletedSchema = z.object({
  face_retention_outcome: z.enum(FACE_RETENTION_OUTCOMES).default('none'),
  biometric_template_uuid: z.uuid().nullable().default(null),
});

export interface ProviderSession {
  id: string;
  token: string;
  url: string;
}

export interface ProviderSessionRequest {
  workflowId: string;
  /** Our random id of the user: all the provider learns of who it is. */
  subject: string | null;
  callback: string;
  callbackMethod: string;
  metadata: JsonObject;
  language: string | null;
  ipAddress: string | null;
  portraitImage: string | null;
}

export type FaceDeletion = z.infer<typeof deletedSchema>;

export interface ProviderClient {
  createSession: (wanted: ProviderSessionRequest) => Promise<ProviderSession>;
  deleteSession: (id: string, body: JsonObject) => Promise<FaceDeletion>;
  close: () => Promise<void>;
}

/**
 * The client of a verification provider, ours or a hosted one: it knows a base url and a key, and
 * speaks the v3 contract. Answers are bounded in size and time and parsed strictly.
 */
export function createProviderClient(baseUrl: string, apiKey: string): ProviderClient {
  const agent = new Agent({
    connect: { timeout: 2000 },
    keepAliveTimeout: 30_000,
    connections: 64,
  });

  async function call(method: 'POST' | 'DELETE', path: string, body: JsonObject) {
    try {
      const answer = await request(`${baseUrl}${path}`, {
        method,
        dispatcher: agent,
        headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { status: answer.statusCode, body: await readJson(answer.body) };
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  return {
    async createSession(wanted) {
      const answer = await call('POST', '/v3/session/', toWire(wanted));
      if (answer.status !== 201 && answer.status !== 200) throw refusalOf(answer);
      const { session_id: id, session_token: token, url } = parseAnswer(createdSchema, answer.body);
      return { id, token, url };
    },
    async deleteSession(id, body) {
      const answer = await call('DELETE', `/v3/session/${id}/delete/`, body);
      // Older providers answer 204 without a body; a session it does not know has nothing to delete.
      if (answer.status === 204 || answer.status === 404) return deletedSchema.parse({});
      if (answer.status !== 200) throw refusalOf(answer);
      return parseAnswer(deletedSchema, answer.body);
    },
    close: () => agent.close(),
  };
}

function toWire(wanted: ProviderSessionRequest): JsonObject {
  return {
    workflow_id: wanted.workflowId,
    callback: wanted.callback,
    callback_method: wanted.callbackMethod,
    metadata: wanted.metadata,
    ...(wanted.subject !== null && { vendor_data: wanted.subject }),
    ...(wanted.language !== null && { language: wanted.language }),
    ...(wanted.ipAddress !== null && { expected_details: { ip_address: wanted.ipAddress } }),
    ...(wanted.portraitImage !== null && { portrait_image: wanted.portraitImage }),
  };
}

async function readJson(body: AsyncIterable<Buffer>): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('The provider sent too large an answer');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function parseAnswer<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RegardError('RGD_PROVIDER_REFUSED', {
    detail: 'The verification provider answered with something else than the contract says.',
    cause: parsed.error,
  });
}

/** A refused portrait is the caller's to mend; every other refusal is the operator's. */
function refusalOf({ status, body }: { status: number; body: unknown }): RegardError {
  const answer = (body ?? {}) as { portrait_image?: unknown; code?: unknown };
  if (status === 400 && answer.portrait_image !== undefined) {
    const sentence = [answer.portrait_image].flat().map(String).join(' ').slice(0, 500);
    const code: ErrorCode =
      answer.code === 'RGD_PORTRAIT_UNUSABLE' ? 'RGD_PORTRAIT_UNUSABLE' : 'RGD_PORTRAIT_REQUIRED';
    return new RegardError(code, { fields: { portrait_image: sentence } });
  }
  const cause = new Error(`The provider answered ${status}`);
  if (status === 429 || status >= 500) return unavailable(cause);
  return new RegardError('RGD_PROVIDER_REFUSED', { cause });
}

function unavailable(cause: unknown): RegardError {
  return new RegardError('RGD_UNAVAILABLE', {
    detail: 'The verification provider is not reachable right now.',
    retryAfterSeconds: 2,
    cause,
  });
}
