import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestHub } from '../kit/test-hub.ts';

let hub: TestHub;
let workspace: string;
let device: string;
beforeAll(async () => {
  hub = await TestHub.start();
  device = (await hub.pairMac()).id;
  workspace = (await hub.createWorkspace()).id;
});
afterAll(() => hub[Symbol.asyncDispose]());

test.each<[method: string, path: string, body: unknown, fields: string[]]>([
  ['POST', '/api/workspaces', { name: 'x', web_hook: 'y' }, ['web_hook']],
  [
    'POST',
    '/api/workspaces',
    { name: 'x', headers: [{ key: 'a', value: 'b', vlaue: 'c' }] },
    ['headers[0].vlaue'],
  ],
  ['POST', '/api/workspaces', { name: 'x', a: 1, b: 2 }, ['a', 'b']],
  ['PATCH', '/api/workspaces/W', { nmae: 'x' }, ['nmae']],
  ['PATCH', '/api/workspaces/W', { location_id: 'x' }, ['location_id']],
  ['PUT', '/api/workspaces/W/connection', { connected: true, conected: true }, ['conected']],
  [
    'PUT',
    '/api/workspaces/W/devices',
    { devices: [{ device_id: 'D', channel: 'sms' }] },
    ['devices[0].channel'],
  ],
  ['PUT', '/api/workspaces/W/routing', { routes: {}, route: {} }, ['route']],
  ['PUT', '/api/workspaces/W/routing', { routes: { imesage: ['imessage'] } }, ['routes.imesage']],
  ['POST', '/api/workspaces/W/api-keys', { nmae: 'x' }, ['nmae']],
  ['POST', '/api/workspaces/W/replay', { until: 'x' }, ['until']],
  ['POST', '/api/enrollments', { name: 'x', kind: 'mac', chanels: [] }, ['chanels']],
  ['PATCH', '/api/devices/D', { pace: { per_minut: 1 } }, ['pace.per_minut']],
  ['POST', '/api/messages/none/resend', { forced: true }, ['forced']],
  ['GET', '/api/messages?messageid=x', undefined, ['messageid']],
  ['GET', '/api/deliveries?worksapce=W', undefined, ['worksapce']],
  ['GET', '/api/notices?opne=true', undefined, ['opne']],
  ['GET', '/api/audit?actoin=x', undefined, ['actoin']],
  ['GET', '/api/devices?status=online', undefined, ['status']],
])('%s %s refuses %j, naming %j', async (method, path, body, fields) => {
  const at = path.replace('W', workspace).replace('D', device);
  const { status, body: answer } = await hub.api(method, at, body);
  expect([status, answer.code]).toEqual([400, 'invalid_field']);
  const details = answer.details as unknown as { field: string; message: string }[];
  expect(details.map(({ field }) => field)).toEqual(fields);
  expect(String(answer.error)).toContain(fields[0]);
});

test('a missing field is named before one that nobody knows', async () => {
  const { body } = await hub.api('POST', '/api/workspaces', { nmae: 'x' });
  expect(body.code).toBe('missing_field');
  const details = body.details as unknown as { field: string }[];
  expect(details.map(({ field }) => field)).toEqual(['name', 'nmae']);
});

test('API keys are listed newest first, page by page', async () => {
  for (const name of ['one', 'two', 'three'])
    await hub.api('POST', `/api/workspaces/${workspace}/api-keys`, { name });
  const list = `/api/workspaces/${workspace}/api-keys`;
  const page = await hub.api('GET', `${list}?limit=2`);
  const rest = await hub.api('GET', `${list}?limit=2&cursor=${page.body.next_cursor}`);
  const namesOf = (items: unknown) => (items as { name: string }[]).map(({ name }) => name);
  expect([...namesOf(page.body.items), ...namesOf(rest.body.items)]).toEqual(['three', 'two', 'one']);
  expect(rest.body.next_cursor).toBeNull();
});
