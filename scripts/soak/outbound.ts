import { createHash } from 'node:crypto';
import type { SendNote } from './ledger.ts';
import type { Random } from './random.ts';
import { attempt, GROUPS, PEOPLE, repeat, type Storm } from './storm.ts';

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

/** Sends of one conversation are offered one after the other, so that the storm knows their order. */
export async function sendAtRandom(storm: Storm): Promise<void> {
  let count = 0;
  await repeat(storm, 'sends', [80, 700], async (random) => {
    count += 1;
    const group = random.chance(0.12);
    const to = group ? random.pick(GROUPS) : random.pick(PEOPLE);
    const behaviour = group || random.chance(0.5) ? 'normal' : random.pick(BEHAVIOURS);
    if (behaviour !== 'normal') await attempt(() => storm.rig.mac.behave(to, behaviour, 1));
    await offer(storm, random, count, { to, group, behaviour });
  });
}

interface Wanted {
  readonly to: string;
  readonly group: boolean;
  readonly behaviour: string;
}

async function offer(storm: Storm, random: Random, count: number, wanted: Wanted): Promise<void> {
  const id = `out-${count}`;
  // Now and then the same words again, which only the order of the rows tells apart.
  const text = random.chance(0.1) ? `again ${wanted.to}` : `words of ${id} äß日`;
  const contents = random.chance(0.15)
    ? Array.from({ length: random.chance(0.3) ? 2 : 1 }, (_, index) => `file ${index} of ${id}`)
    : [];
  const attachments = contents.map((content, index) =>
    storm.rig.hub.files.add(content, `picture ${index}.png`, 'image/png'),
  );
  const note: SendNote = {
    id,
    to: wanted.to,
    text: contents.length > 0 && random.chance(0.4) ? '' : text,
    files: contents.map((content) => createHash('sha256').update(content).digest('hex')),
    behaviour: wanted.behaviour,
    refusal: undefined,
  };
  const fallbacks = random.chance(0.3) && !wanted.group ? (['sms'] as const) : [];
  const { to, group: to_group } = wanted;
  // Accepted or not, the bridge may have it from here on.
  storm.ledger.sends.push(note);
  storm.ledger.did('sends');
  try {
    await storm.rig.hub.send({ id, to, to_group, text: note.text, attachments, fallbacks: [...fallbacks] });
  } catch (error) {
    note.refusal = String(error);
  }
}
