import { describe, expect, test } from 'vitest';
import { messageBody, statusUpdateBody } from '../../hub/webhooks/events.ts';
import { signWebhook } from '../../hub/webhooks/sign.ts';
import type { Arrival } from '../../scripts/soak/hub/arrival.ts';
import type { Evidence, KnownDelivery, KnownMessage } from '../../scripts/soak/hub/evidence.ts';
import { type Heard, Inbox } from '../../scripts/soak/hub/inbox.ts';
import { Ledger, type MessageNote, type WorkspaceNote } from '../../scripts/soak/hub/ledger.ts';
import { PLANS, type Plan } from '../../scripts/soak/hub/plans.ts';
import { judge } from '../../scripts/soak/hub/verdict.ts';
import { type FailureCode, failure } from '../../shared/failure-codes.ts';

const ANNA = '+12145550100';
const SECRETS = ['whsec_b25l', 'whsec_dHdv', 'whsec_dGhyZWU=', 'whsec_Zm91cg=='] as const;
const CLIENT: WorkspaceNote = {
  index: 0,
  locationId: 'location',
  phones: [ANNA],
  userId: 'user',
  tellsRead: false,
  apiKey: undefined,
  secrets: [{ secret: SECRETS[0], since: 0 }],
};

function plan(name: string): Plan {
  const found = PLANS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no plan ${name}`);
  return found;
}

/** What a soak would have seen. Everything is right until a test spoils it. */
class Scene {
  readonly ledger = new Ledger();
  readonly heard: Heard[] = [];
  readonly messages: KnownMessage[] = [];
  readonly deliveries: KnownDelivery[] = [];
  #clock = 0;

  /** A message that was accepted, sent, and told of. */
  send(messageId: string, name = 'delivered', deviceId = 'mac'): MessageNote {
    const text = `${messageId} words`;
    const id = `id-${messageId}`;
    const note: MessageNote = {
      messageId,
      workspace: 0,
      phone: ANNA,
      texts: [text],
      askedAt: this.#tick(),
      acceptedAt: this.#tick(),
      ids: new Set([id]),
      acceptedTexts: new Set([text]),
      refusedTexts: new Set(),
      fresh: 1,
      lost: 0,
      abandoned: false,
      canceled: 'no',
      done: true,
    };
    this.ledger.messages.set(messageId, note);
    const what = plan(name);
    this.ledger.sends.push({ id, text, to: ANNA, deviceId, plan: what });
    this.messages.push({ id, message_id: messageId, message: text, phone: ANNA, status: what.ends });
    for (const { tells, code } of what.steps)
      for (const status of tells) if (status !== 'READ') this.tell(messageId, status, what, code, deviceId);
    return note;
  }

  tell(
    messageId: string,
    status: 'SENT' | 'DELIVERED' | 'FAILED',
    { channel }: Plan = plan('delivered'),
    code?: FailureCode,
    deviceId = 'mac',
  ): Heard {
    const message = { location_id: 'location', message_id: messageId, user_id: 'user', phone: ANNA, channel };
    this.ledger.tell(deviceId, { key: `${messageId} ${status}`, conversation: `0 ${ANNA}` });
    return this.hear(statusUpdateBody(message, status, 0, code && failure(code)));
  }

  /** A message that came in, and was told of. */
  receive(text: string): Heard {
    const fixed = { workspace: 0, phone: ANNA, deviceId: 'mac' };
    this.ledger.receipts.set(text, { text, expected: 'once', ...fixed });
    this.ledger.tell('mac', { key: text, conversation: `0 ${ANNA}` });
    const about = { location_id: 'location', device_id: 'mac', phone: ANNA, attachments: [] };
    return this.hear(messageBody({ id: `id ${text}`, text, channel: 'imessage', ...about }, 0));
  }

  hear(body: string): Heard {
    const webhookId = `msg_${this.heard.length}`;
    const event = JSON.parse(body) as Heard['event'];
    const heard = { webhookId, workspace: 0, event, body, attempts: 1, successAt: this.#tick() };
    this.heard.push(heard);
    this.deliveries.push({ webhook_id: webhookId, status: 'delivered' });
    return heard;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  verdict(): string {
    const evidence: Evidence = { ...this, workspaces: [CLIENT] };
    return judge(evidence).join('\n');
  }
}

describe('the verdict of a soak of the hub', () => {
  test.each(PLANS.filter(({ refusal }) => refusal === undefined).map(({ name }) => name))(
    'has nothing against a send that was %s and told so',
    (name) => {
      const scene = new Scene();
      scene.send('w0-m1', name);
      scene.receive('in-1');
      expect(scene.verdict()).toBe('');
    },
  );

  test.each<[string, (scene: Scene, note: MessageNote) => void, string]>([
    ['two ids for one message_id', (_, note) => note.ids.add('other'), 'accepted under 2 ids'],
    ['two contents', (_, note) => note.acceptedTexts.add('x'), 'accepted with two contents'],
    [
      'a content taken and refused',
      (_, note) => note.refusedTexts.add('w0-m1 words'),
      'accepted and refused',
    ],
    ['two fresh answers', (_, note) => Object.assign(note, { fresh: 2 }), '2 answers without "duplicate"'],
    ['what a 503 kept', (_, note) => Object.assign(note, { fresh: 0 }), 'a duplicate of nothing'],
    ['a POST without an end', (_, note) => Object.assign(note, { done: false }), 'never came to its end'],
    ['a POST that was refused for good', (_, note) => note.ids.clear(), 'no POST was accepted'],
    ['a message that the hub forgot', (scene) => scene.messages.pop(), 'the hub does not know it'],
    [
      'another status on record',
      (scene) => scene.messages.splice(0, 1, { ...scene.messages[0]!, status: 'QUEUED' }),
      'on record as QUEUED instead of DELIVERED',
    ],
    [
      'another text on record',
      (scene) => scene.messages.splice(0, 1, { ...scene.messages[0]!, message: 'x' }),
      'on record as something else',
    ],
    [
      'a message on record that nobody asked for',
      (scene) => scene.messages.push({ ...scene.messages[0]!, id: 'x' }),
      'no POST was answered with it',
    ],
    [
      'a send by a second device',
      ({ ledger }) => ledger.sends.push({ ...ledger.sends[0]!, deviceId: 'other' }),
      'sent by 2 devices',
    ],
    [
      'a send under a second id',
      ({ ledger }) => ledger.sends.push({ ...ledger.sends[0]!, id: 'other' }),
      'reached devices under 2 ids',
    ],
    [
      'a send to somebody else',
      ({ ledger }) => ledger.sends.splice(0, 1, { ...ledger.sends[0]!, to: '+1' }),
      'sent to +1',
    ],
    [
      'a send after a refusal',
      (_, note) => {
        note.ids.clear();
        note.abandoned = true;
      },
      'sent, although refused with 503',
    ],
    ['a send that was lost', ({ ledger }) => ledger.sends.pop(), 'told "SENT DELIVERED" instead of "FAILED"'],
    [
      'a status that was lost',
      (scene) => scene.heard.splice(1, 1),
      'told "SENT" instead of "SENT DELIVERED"',
    ],
    [
      'a status under two ids',
      (scene) => scene.tell('w0-m1', 'DELIVERED'),
      'told "SENT DELIVERED DELIVERED"',
    ],
    ['a status of nobody', (scene) => scene.tell('x', 'SENT'), 'a status of a message that nobody sent'],
    [
      'statuses the wrong way round',
      ({ heard }) => Object.assign(heard[0]!, { successAt: heard[1]!.successAt! + 0.5 }),
      'told "DELIVERED SENT"',
    ],
    [
      'an event that nobody answered',
      ({ heard }) => Object.assign(heard[0]!, { successAt: undefined }),
      'was never answered 2xx',
    ],
    [
      'an event called delivered',
      ({ deliveries }) => deliveries.push({ webhook_id: 'x', status: 'delivered' }),
      'called delivered, and nobody received it',
    ],
    ['an event off the record', ({ deliveries }) => deliveries.pop(), 'received, and not on record'],
    ['a message in that was lost', (scene) => scene.heard.splice(2, 1), '"in-1" of device mac: never told'],
    ['a message in twice', (scene) => scene.receive('in-1'), '"in-1": told under 2 ids'],
    [
      'a message of nobody',
      ({ ledger }) => ledger.receipts.delete('in-1'),
      '"in-1" (msg_2): told, and nobody wrote it',
    ],
    [
      'a message at another client',
      ({ heard }) => void Object.assign(heard[2]!, { workspace: 3 }),
      'workspace 3',
    ],
    [
      'events out of order',
      ({ heard }) => Object.assign(heard[2]!, { successAt: 0.5 }),
      '"in-1" arrived before "w0-m1 DELIVERED"',
    ],
  ])('finds %s', (_name, spoil, fault) => {
    const scene = new Scene();
    const note = scene.send('w0-m1');
    scene.receive('in-1');
    expect(scene.verdict()).toBe('');
    spoil(scene, note);
    expect(scene.verdict()).toContain(fault);
  });

  test('finds a failure with another code, and statuses with another channel or phone', () => {
    const scene = new Scene();
    scene.send('w0-m1', 'not on iMessage');
    Object.assign(scene.heard[0]!.event, { error: failure('network'), phone: '+1' });
    expect(scene.verdict()).toMatch(/names another phone.*FAILED with network instead of not_on_imessage/s);
    const other = new Scene();
    other.send('w0-m1', 'as sms');
    Object.assign(other.heard[0]!.event, { channel: 'imessage' });
    expect(other.verdict()).toContain('its SENT names imessage instead of sms');
  });

  test('lets a device that was removed take what it had not said with it, and no more', () => {
    const scene = new Scene();
    scene.send('w0-m1', 'delivered', 'gone');
    scene.ledger.removedDevices.add('gone');
    scene.heard.pop();
    scene.deliveries.pop();
    expect(scene.verdict()).toBe('');
    scene.tell('w0-m1', 'FAILED', plan('delivered'), 'device_removed', 'gone');
    expect(scene.verdict()).toBe('');
    scene.tell('w0-m1', 'DELIVERED');
    expect(scene.verdict()).toContain('told "SENT FAILED DELIVERED"');
  });

  test('lets events that were replayed by hand come late, and those around them keep their order', () => {
    const scene = new Scene();
    const [first, second, third] = [scene.receive('in-1'), scene.receive('in-2'), scene.receive('in-3')];
    first.successAt = 100;
    expect(scene.verdict()).toContain('"in-2" arrived before "in-1"');
    scene.ledger.replayed.add(first.webhookId);
    expect(scene.verdict()).toBe('');
    [second.successAt, third.successAt] = [third.successAt, second.successAt];
    expect(scene.verdict()).toContain('"in-3" arrived before "in-2"');
  });

  test('a message that was canceled is not sent, and its client is told why', () => {
    const scene = new Scene();
    const note = scene.send('w0-m1', 'refused');
    Object.assign(note, { canceled: 'yes' });
    scene.tell('w0-m1', 'FAILED', plan('delivered'), 'canceled');
    expect(scene.verdict()).toBe('w0-m1: sent, although it was canceled');
    scene.ledger.sends.pop();
    expect(scene.verdict()).toBe('');
    Object.assign(note, { canceled: 'no' });
    expect(scene.verdict()).toContain('FAILED with canceled instead of device_removed');
  });

  test('finds a send that overtook another of its conversation', () => {
    const scene = new Scene();
    const first = scene.send('w0-m1');
    const second = scene.send('w0-m2');
    expect(scene.verdict()).toBe('');
    scene.ledger.sends.reverse();
    expect(scene.verdict()).toContain('w0-m2 before w0-m1');
    // Asked for before the first was accepted: either may go first.
    first.acceptedAt = second.askedAt + 0.5;
    expect(scene.verdict()).toBe('');
  });
});

describe('what the receivers of a soak got', () => {
  const body = JSON.stringify({ type: 'TEST', location_id: 'location' });

  function arrival(at: number, secrets: readonly string[], changes: Partial<Arrival> = {}): Arrival {
    const signature = secrets.map((secret) => signWebhook(secret, 'msg_1', at, body)).join(' ');
    const timestamp = Math.floor(at / 1_000);
    return { workspace: 0, at, order: at, id: 'msg_1', timestamp, signature, body, status: 200, ...changes };
  }

  test('a signature is of the secret of the time, of the one before, or of one that became known just then', () => {
    const secrets = SECRETS.map((secret, index) => ({ secret, since: index * 100_000 }));
    const faultsOf = (...one: Parameters<typeof arrival>): number => {
      const inbox = new Inbox(new Ledger(), [{ ...CLIENT, secrets }]);
      inbox.take(arrival(...one));
      return inbox.judgeSignatures().length;
    };
    expect(faultsOf(250_000, [SECRETS[2]])).toBe(0);
    expect(faultsOf(250_000, [SECRETS[1]])).toBe(0);
    expect(faultsOf(250_000, ['whsec_eA==', SECRETS[1]])).toBe(0);
    expect(faultsOf(299_000, [SECRETS[3]])).toBe(0);
    expect(faultsOf(250_000, [SECRETS[3]])).toBe(1);
    expect(faultsOf(250_000, [SECRETS[0]])).toBe(1);
    expect(faultsOf(250_000, ['whsec_eA=='])).toBe(1);
    expect(faultsOf(250_000, [SECRETS[2]], { body: `${body} ` })).toBe(1);
  });

  test('another body, workspace or time under the same webhook-id is found; a failed attempt is no delivery', () => {
    const ledger = new Ledger();
    const inbox = new Inbox(ledger, [CLIENT, { ...CLIENT, index: 1 }]);
    inbox.take(arrival(1_000, [SECRETS[0]], { status: 500 }));
    expect(inbox.heard.get('msg_1')?.successAt).toBeUndefined();
    inbox.take(arrival(2_000, [SECRETS[0]]));
    inbox.take(arrival(3_000, [SECRETS[0]]));
    expect(inbox.heard.get('msg_1')).toMatchObject({ attempts: 3, successAt: 2_000 });
    expect(ledger.faults).toEqual([]);
    inbox.take(arrival(4_000, [SECRETS[0]], { body: `${body} ` }));
    inbox.take(arrival(5_000, [SECRETS[0]], { workspace: 1 }));
    inbox.take(arrival(900_000, [SECRETS[0]], { timestamp: 6 }));
    expect(ledger.faults.join('\n')).toMatch(/another body.*two workspaces.*not the time of the attempt/s);
  });
});
