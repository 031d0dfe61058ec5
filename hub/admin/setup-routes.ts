import { z } from 'zod';
import { defineRoute, type Route, type RouteResponse } from '../api/route.ts';
import { Throttle, throttleKey } from '../api/throttle.ts';
import { createToken, hashToken } from '../credentials/tokens.ts';
import type { NoteChange } from './audit.ts';
import { describeGone, describeSetup, describeToken } from './setup-pages.ts';

export interface SetupDependencies {
  adminToken: string;
  publicUrl: () => string;
  now: () => number;
  /** Writes down what a caller changed. */
  audit: NoteChange;
}

const LIFETIME_MS = 24 * 3_600_000;
const PATH = '/setup/:code';

/**
 * One-time set-up links: whoever opens one first and presses its button is shown the admin token. Opening alone does
 * not use a link up, so that a chat's preview of it does no harm. Links live in memory; a restarted hub knows none.
 */
export function setupRoutes({ adminToken, publicUrl, now, audit }: SetupDependencies): Route[] {
  const links = new Map<string, number>();
  const throttle = new Throttle({ failures: 20, seconds: 60 });

  const find = async (code: string | undefined, source: string): Promise<string | undefined> => {
    const key = throttleKey(source);
    await throttle.check(key);
    const hash = hashToken(code ?? '');
    if ((links.get(hash) ?? 0) > now()) return hash;
    links.delete(hash);
    await throttle.countFailure(key);
    return undefined;
  };

  const create = defineRoute({
    method: 'post',
    path: '/api/setup-links',
    auth: 'admin',
    tag: 'system',
    summary: 'Makes a one-time link, good for a day, that shows the admin token in a browser.',
    response: {
      status: 201,
      description: 'The link, shown only here.',
      schema: z.object({ url: z.string(), expires_at: z.iso.datetime() }),
    },
    handle: async (caller) => {
      const code = createToken();
      const expiresAt = now() + LIFETIME_MS;
      links.set(hashToken(code), expiresAt);
      await audit(caller, { action: 'setup_link.create', target: { kind: 'hub', id: 'setup-link' } });
      const url = `${publicUrl()}${PATH.replace(':code', code)}`;
      return { status: 201, body: { url, expires_at: new Date(expiresAt).toISOString() } };
    },
  });
  const open = defineRoute({
    ...page('get', PATH, 'The page behind a set-up link.'),
    handle: async ({ params, source }) => {
      const link = await find(params.code, source);
      return link === undefined ? asPage(describeGone(), 404) : asPage(describeSetup());
    },
  });
  const use = defineRoute({
    ...page('post', PATH, 'Uses a set-up link up and shows the admin token.'),
    handle: async ({ params, source }) => {
      const link = await find(params.code, source);
      if (link === undefined) return asPage(describeGone(), 404);
      links.delete(link);
      return asPage(describeToken(adminToken, publicUrl()));
    },
  });
  return [create, open, use];
}

function page(method: 'get' | 'post', path: string, summary: string) {
  const response = { status: 200, description: 'A page.', schema: z.string(), contentType: 'text/html' };
  return { method, path, auth: 'none', tag: 'system', summary, response } as const;
}

function asPage(html: string, status = 200): RouteResponse {
  return { status, body: html, headers: { 'content-type': 'text/html; charset=utf-8' } };
}
