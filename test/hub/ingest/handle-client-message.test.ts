import { describe, expect, test } from 'vitest';
import { hashToken } from '../../../hub/credentials/tokens.ts';
import { createIngest, handleClientMessage } from '../../../hub/ingest/handle-client-message.ts';
import { StoreUnavailableError } from '../../../hub/store/store.ts';
import { acceptedSchema } from '../../../shared/api/client-message.ts';
import { API_ERRORS, type ApiErrorCode, errorBodySchema } from '../../../shared/api/errors.ts';
import { assign, Journal, messageEntry, NOW } from '../store/contract/fixtures.ts';
import { silent } from '../store/sqlite-fixtures.ts';
import { type IngestUnderTest, openIngest } from './fixtures.ts';

/** Refused with this code and its status, every named field told in the details and in the sentence. */
async function expectRefusal(
  opened: IngestUnderTest,
  body: unknown,
  code: ApiErrorCode,
  fields: string[] = [],
): Promise<void> {
  const response = await opened.post(body);
  const refusal = errorBodySchema.parse(response.body);
  expect([refusal.code, response.status], JSON.stringify(body)?.slice(0, 300)).toEqual([
    code,
    API_ERRORS[code],
  ]);
  expect(refusal.message).toBe(refusal.error);
  expect(refusal.details.map(({ field }) => field)).toEqual(fields);
  for (const field of fields) expect(refusal.error).toContain(field);
}

describe('POST /webhook', () => {
  test('200 means that the message is stored as it was sent', async () => {
    await using opened = await openIngest();
    const message =
      '  tabs\tand \r\n lines, \u{1f469}\u200d\u{1f4bb}, \u202eright to left, e\u0301 stays e\u0301  ';
    const response = await opened.post(
      opened.body({ message, channel: 'iMESSAGE', phone: '+1 (214) 555-0177' }),
    );
    const accepted = acceptedSchema.strict().parse(response.body);
    expect(response).toMatchObject({ status: 200, headers: {} });
    expect(accepted).toEqual({
      status: 'queued',
      message: 'Message queued',
      message_id: 'msg_1',
      location_id: opened.location_id,
      id: accepted.id,
    });
    expect(await opened.store.findMessage(accepted.id)).toMatchObject({
      message_id: 'msg_1',
      user_id: 'user-7',
      phone: '+12145550177',
      text: message,
      attachments: [],
      channel: 'imessage',
      status: 'QUEUED',
      created_at: NOW,
    });
  });

  test('a message that is not picked up expires after the configured time', async () => {
    await using opened = await openIngest();
    await opened.post(opened.body());
    expect(await opened.store.expireQueued(NOW + 59_999, 9)).toBe(0);
    expect(await opened.store.expireQueued(NOW + 60_000, 9)).toBe(1);
  });

  test('the same again is the same message, however it is spelled; something else under its id is a conflict', async () => {
    await using opened = await openIngest();
    const attachments = ['HTTPS://Media.Example/a b.png'];
    const first = opened.body({ user_id: 7, attachments });
    const { body } = await opened.post(first);
    const { id } = acceptedSchema.parse(body);
    const spelled = {
      ...first,
      phone: '+1 214 555 0100',
      channel: 'IMESSAGE',
      user_id: '7',
      extra: { a: 1 },
    };
    for (const again of [first, spelled, { ...first, attachments: ['https://media.example/a%20b.png'] }])
      expect(await opened.post(again)).toMatchObject({ status: 200, body: { id, duplicate: true } });
    for (const other of [
      { message: 'Hello ' },
      { phone: '+12145550101' },
      { user_id: 8 },
      { channel: 'sms' },
    ])
      await expectRefusal(opened, { ...first, ...other }, 'message_id_conflict', ['message_id']);
    await expectRefusal(opened, { ...first, attachments: [] }, 'message_id_conflict', ['message_id']);
  });

  test('a hundred at once with one message_id make one message, and one answer without "duplicate"', async () => {
    let wakes = 0;
    const onAccepted = () => {
      wakes += 1;
    };
    await using opened = await openIngest({}, { onAccepted });
    const body = opened.body();
    const responses = await Promise.all(Array.from({ length: 100 }, () => opened.post(body)));
    const bodies = responses.map((response) => acceptedSchema.parse(response.body));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect(bodies.filter(({ duplicate }) => duplicate === undefined)).toHaveLength(1);
    expect((await opened.store.listMessages({}, { limit: 9 })).items).toHaveLength(1);
    expect(wakes).toBe(1);
  });

  test('every field that is missing is named, before anything else is judged', async () => {
    await using opened = await openIngest();
    const fields = ['location_id', 'user_id', 'phone', 'message', 'message_id', 'channel'];
    await expectRefusal(opened, {}, 'missing_field', fields);
    for (const field of fields) {
      await expectRefusal(opened, opened.body({ [field]: undefined, phone: undefined }), 'missing_field', [
        ...new Set(fields.filter((one) => one === field || one === 'phone')),
      ]);
      await expectRefusal(opened, opened.body({ [field]: null }), 'missing_field', [field]);
    }
    const hidden = JSON.stringify(opened.body({ phone: undefined })).replace(
      '{',
      '{"__proto__":{"phone":"+12145550100"},',
    );
    await expectRefusal(opened, hidden, 'missing_field', ['phone']);
    expect(({} as Record<string, unknown>).phone).toBeUndefined();
  });

  test('a body that is not a JSON object in UTF-8 is invalid_json', async () => {
    await using opened = await openIngest();
    const latin1 = Buffer.from(JSON.stringify(opened.body({ message: 'für' })), 'latin1');
    const bodies = [
      '',
      '{',
      '[]',
      '"text"',
      '12',
      'null',
      'true',
      '{"a":1}x',
      "{'a':1}",
      latin1,
      Buffer.of(0xff),
    ];
    for (const body of [...bodies, `${'['.repeat(100_000)}`])
      await expectRefusal(opened, body, 'invalid_json');
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const deep = JSON.stringify(opened.body()).replace('{', `{"extra":${nested},`);
    expect(await opened.post(deep)).toMatchObject({ status: 200 });
    const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(JSON.stringify(opened.body()))]);
    expect(await opened.post(marked)).toMatchObject({ status: 200 });
  });

  test('values are judged together, the first code of the contract answering', async () => {
    await using opened = await openIngest();
    const refuse = (changes: Record<string, unknown>, code: ApiErrorCode, fields: string[]) =>
      expectRefusal(opened, opened.body(changes), code, fields);
    for (const phone of [
      '',
      '12145550100',
      '+1',
      '+1214555',
      '+99912345678',
      '+1800FLOWERS',
      'ann',
      7,
      ['+12145550100'],
      {},
    ])
      await refuse({ phone }, 'invalid_phone', ['phone']);
    await refuse({ phone: 'ann@example.com', channel: 'sms' }, 'invalid_phone', ['phone']);
    for (const channel of ['', 'fax', 'imessage ', 'i', 1, ['sms'], '__proto__', 'constructor'])
      await refuse({ channel }, 'invalid_channel', ['channel']);
    for (const user_id of ['', 'x'.repeat(129), true, {}, [], 'a\0b', '\ud800'])
      await refuse({ user_id }, 'invalid_field', ['user_id']);
    for (const message_id of ['', 'x'.repeat(129), 7, {}, 'a\0', '\udc00'])
      await refuse({ message_id }, 'invalid_field', ['message_id']);
    for (const message of ['', 'x'.repeat(10_001), 7, ['a'], 'a\0b', 'half \ud83d'])
      await refuse({ message }, 'invalid_field', ['message']);
    await refuse({ location_id: 7 }, 'invalid_field', ['location_id']);
    const all = { phone: '+1', channel: 'fax', message_id: '', attachments: ['x'] };
    await refuse(all, 'invalid_phone', ['phone', 'channel', 'message_id', 'attachments[0]']);
  });

  test('limits are counted in characters, and what is at them passes', async () => {
    await using opened = await openIngest();
    const emoji = '\u{1f600}';
    const changes = {
      message: emoji.repeat(10_000),
      user_id: emoji.repeat(128),
      message_id: emoji.repeat(128),
      attachments: Array.from({ length: 10 }, (_, n) => `https://m.example/${n}`),
    };
    expect(await opened.post(opened.body(changes))).toMatchObject({ status: 200 });
    await expectRefusal(opened, opened.body({ message: emoji.repeat(10_001) }), 'invalid_field', ['message']);
    for (const message of [' ', '\n', '\u200b'])
      expect(await opened.post(opened.body({ message }))).toMatchObject({ status: 200 });
    const silentMedia = opened.body({ message: '', attachments: ['http://m.example/a.png'] });
    expect(await opened.post(silentMedia)).toMatchObject({ status: 200 });
  });

  test('attachments are public URLs, at most ten', async () => {
    await using opened = await openIngest();
    const bad: [unknown, string[]][] = [
      ['https://m.example/a', ['attachments']],
      [{}, ['attachments']],
      [Array.from({ length: 11 }, () => 'https://m.example/a'), ['attachments']],
      [['ftp://m.example/a'], ['attachments[0]']],
      [['https://m.example/a', 'javascript:alert(1)'], ['attachments[1]']],
      [
        ['https://ann:secret@m.example/a', null, 'file:///etc/passwd'],
        ['attachments[0]', 'attachments[1]', 'attachments[2]'],
      ],
      [
        ['https://', `https://m.example/${'a'.repeat(9_000)}`],
        ['attachments[0]', 'attachments[1]'],
      ],
    ];
    for (const [attachments, fields] of bad)
      await expectRefusal(opened, opened.body({ attachments }), 'invalid_attachment', fields);
    expect(await opened.post(opened.body({ attachments: null }))).toMatchObject({ status: 200 });
  });

  test('a user_id that is a number keeps its digits, however many', async () => {
    await using opened = await openIngest();
    for (const digits of ['42', '0', '-7', '12345678901234567890', '9007199254740993', '1.50', '1e400']) {
      const body = JSON.stringify({ ...opened.body(), user_id: 0 }).replace(
        '"user_id":0',
        `"user_id":${digits}`,
      );
      const nested = body.replace('{', '{"extra":{"user_id":99999999999999999999},');
      const { id } = acceptedSchema.parse((await opened.post(nested)).body);
      expect((await opened.store.findMessage(id))?.user_id).toBe(digits);
    }
  });

  test('a workspace that is switched off or lacks the channel refuses, but knows what it accepted before', async () => {
    await using opened = await openIngest();
    const { store, location_id } = opened;
    const known = opened.body();
    const { body } = await opened.post(known);
    const { id } = acceptedSchema.parse(body);
    await expectRefusal(opened, opened.body({ channel: 'whatsapp' }), 'channel_not_assigned', ['channel']);
    await assign(store, location_id, []);
    await expectRefusal(opened, opened.body(), 'channel_not_assigned', ['channel']);
    expect(await opened.post(known)).toMatchObject({ status: 200, body: { id, duplicate: true } });
    await store.updateWorkspace(location_id, { connected: false }, NOW);
    await expectRefusal(opened, opened.body(), 'workspace_not_connected', ['location_id']);
    expect(await opened.post(known)).toMatchObject({ status: 200, body: { id, duplicate: true } });
    await expectRefusal(opened, { ...known, message: 'other' }, 'message_id_conflict', ['message_id']);
    await store.deleteWorkspace(location_id);
    await expectRefusal(opened, known, 'unknown_location', ['location_id']);
  });

  test('who opted out is not written to', async () => {
    await using opened = await openIngest();
    const stop = messageEntry({ text: 'Stop', from: '+12145550100' });
    await opened.store.recordJournal(opened.device_id, new Journal().batch(stop), NOW);
    await expectRefusal(opened, opened.body({ phone: '+1-214-555-0100' }), 'opted_out', ['phone']);
    expect(await opened.post(opened.body({ phone: '+12145550101' }))).toMatchObject({ status: 200 });
  });

  test('where a key is required, a live one of that workspace is needed, from the moment it is required', async () => {
    await using opened = await openIngest();
    const { store, location_id } = opened;
    await store.createApiKey({
      id: 'k',
      location_id,
      name: 'CRM',
      hash: hashToken('right'),
      created_at: NOW,
    });
    const statusWith = async (authorization?: string) =>
      (await opened.post(opened.body(), { authorization })).status;
    expect(await statusWith('Bearer wrong')).toBe(200);
    await store.updateWorkspace(location_id, { require_api_key: true }, NOW);
    expect(await statusWith('Bearer right')).toBe(200);
    expect(await statusWith('bearer  right')).toBe(200);
    for (const wrong of [
      undefined,
      '',
      'right',
      'Basic right',
      'Bearer',
      'Bearer wrong',
      'Bearer right, right',
    ])
      expect(await statusWith(wrong)).toBe(401);
    const refused = await opened.post(opened.body({ phone: 'not judged without a key' }));
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(refused.body).toMatchObject({ code: 'invalid_api_key', details: [{ field: 'authorization' }] });
    await store.revokeApiKey(location_id, 'k');
    expect(await statusWith('Bearer right')).toBe(401);
  });

  test('a source that keeps guessing hears 429 with Retry-After; its true messages and other sources pass', async () => {
    await using opened = await openIngest();
    const guess = (source: string, n: number) =>
      opened.post(opened.body({ location_id: `guess-${n}` }), { source });
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) statuses.push((await guess('198.51.100.7', n)).status);
    expect(statuses[0]).toBe(404);
    expect(statuses.at(-1)).toBe(429);
    const limited = await guess('198.51.100.7', 99);
    expect(limited.body).toMatchObject({ code: 'rate_limited' });
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect((await guess('198.51.100.8', 1)).status).toBe(404);
    expect((await opened.post(opened.body(), { source: '198.51.100.7' })).status).toBe(200);
  });

  test('when the store cannot write, 503 with Retry-After, and the same request passes later', async () => {
    let broken = true;
    await using opened = await openIngest();
    const { store } = opened;
    const ingest = createIngest({
      store: {
        ...store,
        acceptMessages: (messages, now) =>
          broken
            ? Promise.reject(new StoreUnavailableError('disk full'))
            : store.acceptMessages(messages, now),
      },
      messageTtl: 1_000,
      log: silent,
    });
    const request = { body: opened.body(), source: 'x', authorization: undefined };
    const refused = await Promise.all([1, 2, 3].map(() => handleClientMessage(request, ingest)));
    for (const response of refused) {
      expect(response).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
      expect(JSON.stringify(response.body)).not.toContain('disk full');
    }
    broken = false;
    const accepted = acceptedSchema.parse((await handleClientMessage(request, ingest)).body);
    expect(accepted.duplicate).toBeUndefined();
  });
});
