import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownSendsIn } from '../../../bridge-mac/chat-db/own-sends.ts';
import { mayBeText } from '../../../bridge-mac/outbox/match-rows.ts';
import { openBridgeStore } from '../../../bridge-mac/store/open-store.ts';
import { temporaryFolder } from '../kit/inbox-rig.ts';

const row = (rowId: number, text: string | null = 'Hello') => ({ rowId, text, body: null });

test('a row may be that of an attempt which is to be made again, but not for as long as that takes', () => {
  using home = temporaryFolder();
  using store = openBridgeStore(join(home.path, 'bridge.db'), 'device at hub');
  const own = ownSendsIn(store.sends, mayBeText);
  const send = {
    id: 'm1',
    to: '+12145550101',
    channel: 'imessage',
    text: 'Hello',
    expires_at: 9_000,
  } as const;
  store.sends.insert({ ...send, to_group: false, fallbacks: [], attachments: [] }, 'anna', 1);
  expect(own.mayBind(row(11), ['anna'], 0)).toBe(false);
  const accepted = store.sends.nextToAttempt(1)!;
  store.sends.move(accepted, 'attempting', 1);
  const attempt = { attempt: 1, baseline: 10, route: 'participant', tried: '[]' } as const;
  store.sends.recordAttempt({ position: accepted.position, ...attempt }, 1);
  store.sends.move({ ...accepted, state: 'attempting' }, 'accepted', 2);
  expect(own.mayBind(row(11), ['anna'], 0)).toBe(true);
  expect(own.mayBind(row(10), ['anna'], 0)).toBe(false);
  expect(own.mayBind(row(11), ['bert'], 0)).toBe(false);
  // What the owner types meanwhile waits for nothing; a row without words yet may get those of the send.
  expect(own.mayBind(row(11, 'typed'), ['anna'], 0)).toBe(false);
  expect(own.mayBind(row(11, null), ['anna'], 0)).toBe(true);
  expect(own.mayBind(row(11), ['anna'], 60_000)).toBe(false);
});
