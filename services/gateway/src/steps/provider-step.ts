import {
  RegardError,
  SESSION_ECHO_KEY,
  type SelfieMethod,
  type WorkflowConfig,
} from '@regard/contract';
import type { Purpose } from '@regard/store';
import type { GatewayContext } from '../context.ts';
import type { ProviderSession } from '../provider-client.ts';

export interface StepRequest {
  sessionId: string;
  /** Our random id of the user. */
  subject: string | null;
  config: WorkflowConfig;
  method: SelfieMethod;
  purpose: Purpose;
  callbackMethod: string;
  language: string | null;
  address: string | null;
  portraitImage: string | null;
}

/**
 * Opens the session at the verification provider in which the person takes the selfie. Its callback
 * is our own return page, which knows the decision; the app's callback never reaches the provider.
 */
export function openProviderStep(
  { provider, linkOf }: Pick<GatewayContext, 'provider' | 'linkOf'>,
  step: StepRequest,
): Promise<ProviderSession> {
  return provider.createSession({
    workflowId: providerWorkflow(step),
    subject: step.subject,
    callback: linkOf(step.sessionId),
    callbackMethod: step.callbackMethod,
    metadata: { [SESSION_ECHO_KEY]: step.sessionId },
    language: step.language,
    ipAddress: step.address,
    portraitImage: step.portraitImage,
  });
}

function providerWorkflow({ config, method, purpose }: StepRequest): string {
  const workflows = config.provider_workflows;
  const id = purpose === 'enrolment' ? workflows.ENROLMENT : workflows[method];
  if (id !== undefined) return id;
  const what = purpose === 'enrolment' ? 'enrolment' : method;
  throw new RegardError('RGD_INVALID_REQUEST', {
    fields: { workflow_id: [`This workflow has no provider workflow for ${what}.`] },
  });
}
