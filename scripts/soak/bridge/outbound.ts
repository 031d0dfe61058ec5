import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';
import { repeat } from '../repeat.ts';
import type { Offer, SendNote } from './ledger.ts';
import { attempt, GROUPS, PEOPLE, type Storm } from './storm.ts';

/** What a Mac may do with a send; the first, doing it right, is as likely as all others together. */
const BEHAVIOURS = [
  'not-on-imessage',
  'downgraded-to-sms',
  'never-delivered',
  'delivered-quietly',
  'read-receipt',
  'sent-error-4',
  'late-row-1500',
  'late-join-700',
  'late-delivery-2500',
  'slow-answer-1500',
  'ghost-row',
  'no-row',
  'hangs',
  'hangs-although-sent',
  'times-out',
  'times-out-although-sent',
  'no-such-object',
  'not-running',
  'connection-lost',
  'connection-lost-although-sent',
  'reads-file-late-800',
] as const;

const LANES = 4;
/** Ends an offer for which no bridge stayed alive long enough; the hub would make it again. */
const UNANSWERED = /in vain/;

/** Sends of one conversation are offered one after the other, as the hub does. */
export async function sendAtRandom(storm: Storm): Promise<void> {
  await Promise.all(Array.from({ length: LANES }, (_, lane) => sendInLane(storm, lane)));
}

async function sendInLane(storm: Storm, lane: number): Promise<void> {
  const people = PEOPLE.filter((_, index) => index % LANES === lane);
  const groups = GROUPS.filter((_, index) => index % LANES === lane);
  let count = 0;
  await repeat(storm, `sends ${lane}`, [300, 2500], async (random) => {
    count += 1;
    const group = groups.length > 0 && random.chance(0.2);
    const to = group ? random.pick(groups) : random.pick(people);
    const behaviour = group || random.chance(0.5) ? 'normal' : random.pick(BEHAVIOURS);
    if (behaviour !== 'normal') await attempt(() => storm.rig.mac.behave(to, behaviour, 1));
    await offer(storm, random, `out-${lane}-${count}`, { to, group, behaviour });
  });
}

/** Offers again what nobody answered. */
export async function offerAgain({ rig, ledger }: Storm): Promise<void> {
  const open = ledger.sends.filter(({ refusal }) => refusal !== undefined && UNANSWERED.test(refusal));
  for (const note of open)
    await rig.hub.send(note.offer).then(
      () => (note.refusal = undefined),
      () => {},
    );
}

interface Wanted {
  readonly to: string;
  readonly group: boolean;
  readonly behaviour: string;
}

async function offer(storm: Storm, random: Random, id: string, wanted: Wanted): Promise<void> {
  // Now and then the same words again, which only the order of the rows tells apart.
  const text = random.chance(0.1) ? `again ${wanted.to}` : `words of ${id} äß日`;
  const contents = random.chance(0.15)
    ? Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_, index) => `file ${index} of ${id}`)
    : [];
  const attachments = contents.map((content, index) =>
    storm.rig.hub.files.add(content, `picture ${index}.png`, 'image/png'),
  );
  const words = contents.length > 0 && random.chance(0.4) ? '' : text;
  const { to, group: to_group, behaviour } = wanted;
  const fallbacks: Offer['fallbacks'] = random.chance(0.3) && !to_group ? ['sms'] : [];
  const note: SendNote = {
    id,
    to,
    text: words,
    files: contents.map((content) => createHash('sha256').update(content).digest('hex')),
    behaviour,
    offer: { id, to, to_group, text: words, attachments, fallbacks },
    refusal: undefined,
  };
  // Accepted or not, the bridge may have it from here on.
  storm.ledger.sends.push(note);
  storm.ledger.did('sends');
  try {
    await storm.rig.hub.send(note.offer);
  } catch (error) {
    note.refusal = String(error);
  }
}
