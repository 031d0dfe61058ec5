import { createHash } from 'node:crypto';
import type { PickDevice } from '../store/store.ts';

/**
 * A conversation stays with the device that carried it last, so that the recipient sees one sender. Otherwise the
 * device with the highest hash of (conversation, device) takes it: an even spread over new conversations, the same
 * choice on every hub and after every restart, and a device that joins or leaves moves only its own share.
 */
export const pickDevice: PickDevice = ({ candidates, previous, conversation }) => {
  if (previous !== undefined && candidates.includes(previous)) return previous;
  const [first, ...rest] = candidates;
  if (first === undefined) throw new RangeError('pickDevice needs at least one candidate');
  if (rest.length === 0) return first;
  let best = { device: first, weight: weigh(conversation, first) };
  for (const device of rest) {
    const weight = weigh(conversation, device);
    if (weight > best.weight) best = { device, weight };
  }
  return best.device;
};

function weigh(conversation: string, device: string): string {
  return createHash('sha256').update(`${conversation}\0${device}`).digest('hex');
}
