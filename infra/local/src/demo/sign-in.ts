import type { CreatedSession, JsonObject, SessionStatus } from '@regard/contract';
import { openPage, type Person } from '@regard/testkit/person';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { HopTimes } from '../hop-times.ts';
import { expectEqual, type SceneContext } from './scene.ts';

export const HOME = { device_id: 'phone-1', from_ip: '203.0.113.7' };

/** Opens a session of the app. */
export async function openSession(
  { app }: SceneContext,
  session: { workflow: string; user: string; metadata?: JsonObject; purpose?: string },
): Promise<CreatedSession> {
  const { status, body } = await app.open({
    workflow_id: session.workflow,
    vendor_data: session.user,
    callback: app.callbackUrl,
    ...(session.metadata && { metadata: session.metadata }),
    ...(session.purpose && { purpose: session.purpose }),
  });
  expectEqual(`opening a session (${JSON.stringify(body)})`, status, 201);
  return body;
}

/** Enrols a person by their frames, as the hosted page does. */
export async function enrol(
  context: SceneContext,
  enrolment: { workflow: string; user: string; frames: Buffer[] },
): Promise<CreatedSession> {
  const session = await openSession(context, {
    ...enrolment,
    metadata: HOME,
    purpose: 'enrolment',
  });
  const person = await openPage(session.url);
  for (const frame of enrolment.frames) await person.sendFrame(frame);
  await context.app.told(session.session_id, 'Approved');
  return session;
}

export interface SignedIn {
  session: CreatedSession;
  /** Where the browser came back to. */
  returned: URL;
  timeline: HopTimes;
}

/**
 * One sign-in from the app's call to the webhook: opens a session, lets the person do their part, and
 * waits for the decision, for the webhook and for the browser to come back.
 */
export async function signIn(
  context: SceneContext,
  session: CreatedSession,
  act: (person: Person) => Promise<{ sentAt: number }>,
  expected: SessionStatus,
): Promise<SignedIn> {
  const person = await openPage(session.url);
  const { sentAt } = await act(person);
  const event = await context.app.told(session.session_id, expected);
  const returned = await person.comeBack();
  expectEqual('the status in the callback', returned.searchParams.get('status'), expected);
  const id = session.session_id;
  const timeline = await context.hops.read(id, sentAt, event.receivedAt);
  return { session, returned, timeline };
}

/** Redeems a code and checks the token by the published keys, as the app's API would. */
export async function redeem(
  { app, stack }: SceneContext,
  code: string | null | undefined,
): Promise<JWTPayload & { acr?: string }> {
  if (!code) throw new Error('There is no code to redeem');
  const answer = await app.redeem(code);
  expectEqual(`redeeming the code (${JSON.stringify(answer.body)})`, answer.status, 200);
  const { tokenService } = stack.urls;
  const keys = createRemoteJWKSet(new URL(`${tokenService}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(answer.body.access_token ?? '', keys, {
    issuer: tokenService,
    audience: stack.info.applicationId,
    algorithms: ['EdDSA'],
    typ: 'at+jwt',
  });
  return payload;
}
