import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReceiveRequest } from '../../../test/simulated-mac/client.ts';
import type { Random } from '../random.ts';
import { repeat } from '../repeat.ts';
import type { ReceiptNote } from './ledger.ts';
import { attempt, GROUPS, PEOPLE, type Storm } from './storm.ts';

const BEHAVIOURS = [
  'late-join-600',
  'late-join-1500',
  'null-text',
  'undecodable-body',
  'half-body',
  'no-chat',
] as const;

/** What people write. */
export async function receiveAtRandom(storm: Storm): Promise<void> {
  let count = 0;
  await repeat(storm, 'receipts', [50, 600], async (random) => {
    count += 1;
    const from = random.pick(PEOPLE);
    const group = random.chance(0.15) ? random.pick(GROUPS) : undefined;
    const behaviour = random.chance(0.75) ? 'normal' : random.pick(BEHAVIOURS);
    const file = random.chance(0.12) ? makeFile(storm, count) : undefined;
    const note: ReceiptNote = {
      text: `in-${count} grüezi`,
      guid: undefined,
      conversation: group ?? from,
      group,
      behaviour,
      files: file === undefined ? [] : [file],
      expected: behaviour === 'no-chat' ? 'never' : 'once',
      ordered: !behaviour.startsWith('late-join') && behaviour !== 'no-chat',
    };
    const attachments = file === undefined ? [] : [{ path: file.path, ...transfer(random) }];
    await arrive(storm, note, {
      from,
      text: note.text,
      behaviour,
      attachments,
      ...(group === undefined ? {} : { chat: group, members: PEOPLE.slice(0, 3) }),
    });
  });
}

async function arrive(storm: Storm, note: ReceiptNote, request: ReceiveRequest): Promise<void> {
  storm.ledger.receipts.push(note);
  storm.ledger.did('receipts');
  const received = await attempt(() => storm.rig.mac.receive(request));
  note.guid = received?.guid;
  // The Mac was down: the row may be there or not.
  if (received === undefined && note.expected === 'once') note.expected = 'perhaps';
}

function makeFile(storm: Storm, count: number): { name: string; sha256: string; path: string } {
  const folder = join(storm.rig.mac.home, 'sources');
  mkdirSync(folder, { recursive: true });
  const name = `photo ${count}.png`;
  const content = `photo of ${count}`.repeat(50);
  writeFileSync(join(folder, name), content);
  return { name, sha256: createHash('sha256').update(content).digest('hex'), path: join(folder, name) };
}

/** Most come at once, some stop on the way: `finish-transfer` may bring them. */
function transfer(random: Random): { endsAt?: number; doneAfterMs?: number } {
  if (random.chance(0.6)) return {};
  return random.chance(0.5) ? { doneAfterMs: random.between(500, 3000) } : { endsAt: random.pick([0, 6, 7]) };
}

/** What else happens between people: tapbacks, edits, replays, messages typed on another device. */
export async function mingle(storm: Storm): Promise<void> {
  const { mac } = storm.rig;
  let count = 0;
  await repeat(storm, 'people', [300, 1500], async (random) => {
    count += 1;
    const person = random.pick(PEOPLE);
    const deed = random.pick([
      'tapback',
      'edit',
      'own-message',
      'icloud-replay',
      'finish-transfer',
      'read',
    ] as const);
    if (deed === 'edit') return edit(storm, random, `edited ${count}`);
    if (deed === 'icloud-replay') return replay(storm, random);
    const text = `typed ${count}`;
    const guids = await attempt(() => mac.happen({ happening: deed, with: person, text, count: 5 }));
    if (guids === undefined) return;
    storm.ledger.did(deed);
    if (deed === 'tapback') storm.ledger.reactions.push(...guids);
    if (deed === 'own-message') storm.ledger.echoes.push(...guids);
  });
}

/** Old messages come again, a few at once; those with files would come with them, which the simulated Mac does not do. */
async function replay(storm: Storm, random: Random): Promise<void> {
  const old = storm.ledger.receipts.filter(
    (note) => note.guid && note.files.length === 0 && note.expected !== 'never',
  );
  for (let round = 0; round < 4 && old.length > 0; round += 1) {
    const guid = random.pick(old).guid ?? '';
    const guids = await attempt(() => storm.rig.mac.happen({ happening: 'icloud-replay', guid }));
    if (guids === undefined) continue;
    storm.ledger.replays.push(...guids);
    storm.ledger.did('icloud-replay');
  }
}

/** Each message is edited once at most, so that its last words are known. */
async function edit(storm: Storm, random: Random, text: string): Promise<void> {
  const { receipts, edits } = storm.ledger;
  const plain = receipts.slice(-40).filter((note) => note.guid && note.files.length === 0);
  const open = plain.filter((note) => !edits.has(note.guid ?? '') && note.behaviour === 'normal');
  if (open.length === 0) return;
  const guid = random.pick(open).guid ?? '';
  const done = await attempt(() => storm.rig.mac.happen({ happening: 'edit', guid, text }));
  if (done === undefined) return;
  edits.set(guid, { text, expected: 'once' });
  storm.ledger.did('edit');
}
