import type { setupLinkSchema, setupSchema, setupStateSchema } from '../../../../shared/api/accounts.ts';
import type { Me } from './me.ts';
import { type Answer, type Body, pathOf, request } from './request.ts';

export type SetupLink = Answer<typeof setupLinkSchema>;

export function readSetupState(signal?: AbortSignal): Promise<Answer<typeof setupStateSchema>> {
  return request('GET', '/api/setup', signal ? { signal } : {});
}

export function readSetupLink(code: string, signal?: AbortSignal): Promise<SetupLink> {
  return request('GET', pathOf`/api/setup/${code}`, signal ? { signal } : {});
}

export function takeSetupLink(code: string, body: Body<typeof setupSchema>): Promise<Me> {
  return request('POST', pathOf`/api/setup/${code}`, { body });
}
