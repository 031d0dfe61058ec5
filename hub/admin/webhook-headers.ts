import { MASK } from '../../shared/api/workspaces.ts';
import { refuseField } from '../api/validate.ts';
import type { Header } from '../store/records.ts';

// What the hub signs or sets itself, and what belongs to the connection and not to the message.
const RESERVED = new Set([
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
]);

/**
 * The headers to store for a workspace, given those that an admin sent and those stored so far: a masked value stands
 * for the stored one of the same name. Throws invalid_field naming the header at fault.
 */
export function judgeHeaders(sent: Header[], stored: Header[]): Header[] {
  const seen = new Set<string>();
  return sent.map(({ key, value }, index) => {
    const name = key.toLowerCase();
    if (RESERVED.has(name)) throw refuseField(`headers[${index}].key`, `"${key}" is set by the hub itself`);
    if (seen.has(name)) throw refuseField(`headers[${index}].key`, `"${key}" is there twice`);
    seen.add(name);
    return { key, value: value === MASK ? unmask(name, index, stored) : value };
  });
}

function unmask(name: string, index: number, stored: Header[]): string {
  const known = stored.find(({ key }) => key.toLowerCase() === name);
  if (known) return known.value;
  throw refuseField(`headers[${index}].value`, 'is the mask, but no value of this header is stored');
}
