import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { csvHead, csvLines } from '../../../hub/admin/message-csv.ts';
import type { MessageView } from '../../../shared/api/messages.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

const MESSAGE: MessageView = {
  id: 'm1',
  direction: 'in',
  location_id: null,
  message_id: 'm1',
  user_id: null,
  phone: 'kim@example.com',
  message: 'Hi',
  attachments: [],
  channel: 'imessage',
  status: 'RECEIVED',
  device_id: 'd1',
  group_id: null,
  from_me: false,
  error: null,
  resend_of: null,
  created_at: '2026-11-22T12:00:00.000Z',
  updated_at: '2026-11-22T12:00:00.000Z',
};

function cellOf(message: string): string {
  const line = csvLines([{ ...MESSAGE, message }]);
  return line.slice('m1,in,,m1,,kim@example.com,'.length, line.indexOf(',,imessage,RECEIVED'));
}

test.each([
  ['=1+1', "'=1+1"],
  ['+12145550100', "'+12145550100"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t'=1"],
  ['\r=1', '"\'\r\'=1"'],
  ['\n=1', '"\'\n\'=1"'],
  ['\uff1d1', "'\uff1d1"],
  ['\uff0b1', "'\uff0b1"],
  ['\uff0d1', "'\uff0d1"],
  ['\uff20A', "'\uff20A"],
  ['=HYPERLINK("http://evil.example","a")', `"'=HYPERLINK(""http://evil.example"",""a"")"`],
  ['a, "b"\nc', '"a, ""b""\nc"'],
  ['3 = 1 + 2', '3 = 1 + 2'],
  ["a;=cmd|' /C calc'!A0;b", "a;'=cmd|' /C calc'!A0;b"],
  ['a;-1;+(1);@b', "a;'-1;'+(1);'@b"],
  ["a;--cmd|'/c'!A0;-+1;+$A$1;+.5;-{1};+@SUM(1)", "a;'--cmd|'/c'!A0;'-+1;'+$A$1;'+.5;'-{1};'+@SUM(1)"],
  ['a\n-@SUM(1)', '"a\n\'-@SUM(1)"'],
  ['a\t=1', "a\t'=1"],
  ['a;"=1;b', `"a;""'=1;b"`],
  ['a\n=1;', '"a\n\'=1;"'],
  ['a\r\n\uff1d1', '"a\r\n\'\uff1d1"'],
  ['Hi ;-) and\n- this', '"Hi ;-) and\n- this"'],
  ['', ''],
])('a text of %j is written as %j, which no spreadsheet computes', (text, cell) => {
  expect(cellOf(text)).toBe(cell);
});

test('a message is a line of as many cells as the head names', () => {
  expect(csvHead()).toBe(
    'id,direction,location_id,message_id,user_id,phone,message,attachments,channel,status,error_code,error_message,device_id,group_id,from_me,resend_of,created_at,updated_at\r\n',
  );
  const error = { code: 'network', message: 'No connection.' } as const;
  expect(
    csvLines([{ ...MESSAGE, status: 'FAILED', error, attachments: ['https://a/1', 'https://a/2'] }]),
  ).toBe(
    'm1,in,,m1,,kim@example.com,Hi,https://a/1 https://a/2,imessage,FAILED,network,No connection.,d1,,false,,2026-11-22T12:00:00.000Z,2026-11-22T12:00:00.000Z\r\n',
  );
});

let hub: TestHub;
let workspace: string;
beforeAll(async () => {
  hub = await TestHub.start();
  const mac = await hub.pairMac();
  workspace = (await hub.join(mac.id)).id;
  // More than a page.
  const text = '=1+1';
  for (let batch = 0; batch < 12; batch += 1)
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const n = batch * 100 + index;
        return hub.send(workspace, `e-${n}`, { phone: `+1214555${1_000 + (n % 50)}`, message: text });
      }),
    );
});
afterAll(() => hub[Symbol.asyncDispose]());

function linesOf(text: unknown): string[] {
  return String(text).trimEnd().split('\r\n');
}

test('an export has every message once, newest first, and goes by the filters of the list', async () => {
  const all = await hub.api('GET', '/api/messages.csv');
  expect(all.status).toBe(200);
  expect(all.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(all.headers.get('content-disposition')).toMatch(
    /^attachment; filename="messages-\d{4}-\d\d-\d\d\.csv"$/,
  );
  // It cannot say at its beginning whether that is all there is.
  expect(all.headers.get('x-row-limit')).toBe('100000');
  const ids = linesOf(all.body)
    .slice(1)
    .map((line) => line.split(',')[3]);
  expect(ids).toHaveLength(1_200);
  expect(new Set(ids).size).toBe(1_200);
  const list = await hub.api('GET', '/api/messages?limit=200');
  const listed = (list.body.items as unknown as { message_id: string }[]).map(({ message_id }) => message_id);
  expect(ids.slice(0, 200)).toEqual(listed);
  const some = await hub.api('GET', `/api/messages.csv?phone=%2B12145551007&status=QUEUED&q=e-`);
  expect(linesOf(some.body)).toHaveLength(1 + 24);
  const none = await hub.api('GET', '/api/messages.csv?direction=in');
  expect(linesOf(none.body)).toHaveLength(1);
});

test('an export refuses what the list refuses, and a page, with a status and not in its text', async () => {
  for (const [query, field] of [
    ['limit=5', 'limit'],
    ['cursor=5', 'cursor'],
    ['phon=%2B1', 'phon'],
    ['status=GONE', 'status'],
    ['message_id=e-1', 'workspace'],
  ]) {
    const { status, body } = await hub.api('GET', `/api/messages.csv?${query}`);
    expect([status, body.code, body.details?.[0]?.field]).toEqual([400, 'invalid_field', field]);
  }
  expect((await hub.call('GET', '/api/messages.csv')).status).toBe(401);
});

test('HEAD is answered with the headers alone', async () => {
  const { status, headers, body } = await hub.api('HEAD', '/api/messages.csv');
  expect([status, headers.get('content-type'), body]).toEqual([
    200,
    'text/csv; charset=utf-8; header=present',
    '',
  ]);
});

test('an export ends where its reader may read on no more', async () => {
  await using other = await TestHub.start();
  const ann = await PanelUser.setUp(other);
  const { id } = await other.join((await other.pairMac()).id);
  const invited = await ann.call('POST', '/api/users', {
    name: 'Ben',
    email: 'ben@example.com',
    role: 'user',
    workspaces: [id],
  });
  const ben = new PanelUser(other);
  await ben.join(String(invited.body.invite_url));
  // More than lies between the hub and a reader who pauses.
  const message = 'x'.repeat(9_900);
  for (let batch = 0; batch < 50; batch += 1)
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => other.send(id, `m-${batch}-${index}`, { message })),
    );
  const cookie = [...ben.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const [response] = (await once(
    get(`${other.url}/api/messages.csv`, { headers: { cookie } }),
    'response',
  )) as [IncomingMessage];
  await once(response, 'readable');
  await ann.call('PATCH', `/api/users/${invited.body.id}`, { disabled: true });
  const ended = new Promise((resolve) => response.on('close', resolve));
  response.on('error', () => undefined).resume();
  await ended;
  expect(response.complete).toBe(false);
});
