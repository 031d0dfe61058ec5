import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/**
 * The origins that the panel of this hub can have in the browser that sent a request: HUB_PUBLIC_URL's, and the address
 * that the browser used, where that is an IP address or `localhost`. Another name could be anybody's who lets it point here.
 */
export function ownOrigins(publicUrl: string, host: string | undefined): string[] {
  const origins = [new URL(publicUrl).origin];
  const used = URL.parse(`http://${host ?? ''}`);
  if (used !== null && isOwnName(used.hostname)) origins.push(used.origin);
  return origins;
}

function isOwnName(hostname: string): boolean {
  return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Whether a request comes from the panel itself, by what the browser says of it and no other page can make it say. */
export function isFromPanel(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const { origin, host } = headers;
  if (headers['sec-fetch-site'] === 'same-origin') return true;
  return origin !== undefined && ownOrigins(publicUrl, host).includes(origin);
}

export const NOT_FROM_PANEL =
  'This request does not come from the panel of this hub. Behind a proxy, set HUB_PUBLIC_URL to the address that the browser shows.';
