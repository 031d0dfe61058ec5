import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Panel, PanelFile } from './panel-files.ts';
import { PANEL_MISSING } from './panel-missing.ts';

/** What is below these is never a page of the panel: who asks there is told by the API that there is nothing. */
const NOT_PAGES = /^\/(api|media|socket\.io|assets)(\/|$)/i;
const FOREVER = 'public, max-age=31536000, immutable';
/** A host as browsers write it: anything else has no place in a header of ours. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

/**
 * Answers with the panel: a file of it, or, to a browser that asks for a page, the page that shows every view. False when
 * the request is for something else.
 */
export function servePanel(panel: Panel | undefined, request: Request, response: Response): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const file = panel?.files.get(request.path);
  if (file !== undefined) {
    sendPanelFile(file, request, response);
    return true;
  }
  if (!isPage(request)) return false;
  const nonce = randomBytes(16).toString('base64');
  response.setHeader('content-security-policy', describePolicy(nonce, request.headers.host));
  // Neither kept nor compared by an ETag: a nonce serves one answer, and the page of another version names other files.
  sendPage(response, panel?.page(nonce) ?? PANEL_MISSING.replace('{nonce}', nonce));
  return true;
}

/** Whether a browser wants to show what is here. The front page is for everyone who asks. */
function isPage({ path, headers }: Request): boolean {
  if (path === '/') return true;
  return !NOT_PAGES.test(path) && /\btext\/html\b/i.test(headers.accept ?? '');
}

function sendPage(response: Response, html: string): void {
  response.statusCode = 200;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.setHeader('content-length', Buffer.byteLength(html));
  response.vary('accept');
  response.end(html);
}

/**
 * Scripts come from the hub alone. So do styles, but for those that the panel's scripts make, which carry the nonce.
 * Not every browser counts the socket of the same host to 'self'.
 */
function describePolicy(nonce: string, host: string | undefined): string {
  const sockets = host !== undefined && HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    `connect-src 'self'${sockets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "object-src 'none'",
  ].join('; ');
}

function sendPanelFile(file: PanelFile, request: Request, response: Response): void {
  const { coding, bytes, etag } = chooseCoding(file, request);
  response.setHeader('cache-control', file.isImmutable ? FOREVER : 'no-cache');
  response.setHeader('etag', etag);
  if (file.br || file.gzip) response.vary('accept-encoding');
  if (isKnown(etag, request.headers['if-none-match'])) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader('content-type', file.type);
  if (coding) response.setHeader('content-encoding', coding);
  response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

function chooseCoding({ plain, br, gzip }: PanelFile, request: Request) {
  if (br && request.acceptsEncodings('br')) return { coding: 'br', ...br };
  if (gzip && request.acceptsEncodings('gzip')) return { coding: 'gzip', ...gzip };
  return { coding: undefined, ...plain };
}

/** Whether the caller has this already. A proxy may have made its tag a weak one. */
function isKnown(etag: string, condition: string | undefined): boolean {
  if (condition === undefined) return false;
  const tags = condition.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
