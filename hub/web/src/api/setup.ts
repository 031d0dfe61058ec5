import type { Me } from './me.ts';
import { pathOf, request } from './request.ts';

export interface SetupLink {
  purpose: 'first_admin' | 'invite' | 'reset';
  email: string | null;
  name: string | null;
  expires_at: string;
}

export function readSetupState(signal?: AbortSignal): Promise<{ needs_setup: boolean }> {
  return request('GET', '/api/setup', signal ? { signal } : {});
}

export function readSetupLink(code: string, signal?: AbortSignal): Promise<SetupLink> {
  return request('GET', pathOf`/api/setup/${code}`, signal ? { signal } : {});
}

export function takeSetupLink(
  code: string,
  body: { name?: string; email?: string; password: string },
): Promise<Me> {
  return request('POST', pathOf`/api/setup/${code}`, { body });
}
