import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PanelUser } from '../kit/panel-user.ts';
import { type Answer, TestHub } from '../kit/test-hub.ts';
import { makeWorld, readDatabase, type World } from './worlds.ts';

interface Operation {
  tags: string[];
  parameters?: { in: string; name: string }[];
  requestBody?: object;
}

interface Route {
  /** `PATCH /api/devices/{id}` */
  name: string;
  method: string;
  path: string;
  operation: Operation;
}

/** What somebody would send to each route that takes a body. A new route is not walked past: it must be said here. */
const BODIES: Record<string, (world: World) => unknown> = {
  'POST /webhook': ({ location_id, phone }) => ({
    location_id: location_id.toUpperCase(),
    user_id: 'u1',
    phone,
    message: 'Hi',
    message_id: 'walk',
    channel: 'imessage',
  }),
  'POST /api/pair': () => ({
    code: 'AAAA-AAAA',
    protocol: 1,
    kind: 'mac',
    bridge_version: '1',
    os_version: '26',
    hostname: 'mini',
  }),
  'POST /api/workspaces': ({ location_id }) => ({ name: 'Clone', clone_from: location_id }),
  'PATCH /api/workspaces/{location_id}': () => ({ name: 'Renamed' }),
  'PUT /api/workspaces/{location_id}/connection': () => ({ connected: false }),
  'PUT /api/workspaces/{location_id}/devices': () => ({ devices: [] }),
  'PUT /api/workspaces/{location_id}/routing': () => ({ routes: { imessage: ['imessage', 'sms'] } }),
  'POST /api/workspaces/{location_id}/replay': () => ({}),
  'POST /api/workspaces/{location_id}/retry-pending': () => ({}),
  'POST /api/workspaces/{location_id}/api-keys': () => ({ name: 'Own' }),
  'POST /api/enrollments': () => ({ name: 'One more', kind: 'mac' }),
  'PATCH /api/devices/{id}': () => ({ name: 'Renamed' }),
  'PATCH /devices/files/{sha256}': () => undefined,
  'POST /api/messages/{id}/resend': () => ({ force: true }),
  'POST /api/deliveries/{id}/retry': () => ({ force: true }),
  'POST /api/setup/{code}': () => ({ password: 'correct horse battery' }),
  'POST /api/users': ({ location_id }) => ({
    name: 'Eve',
    email: 'eve@example.com',
    role: 'admin',
    workspaces: [location_id],
  }),
  'PATCH /api/users/{id}': () => ({ role: 'admin' }),
  'POST /api/auth/sign-in/email': () => ({ email: 'ann@example.com', password: 'not the right one' }),
  'POST /api/auth/revoke-session': () => ({ token: 'somebody-elses' }),
  'POST /api/auth/change-password': () => ({ currentPassword: 'wrong', newPassword: 'a long new password' }),
  'POST /api/auth/two-factor/enable': () => ({ password: 'wrong' }),
  'POST /api/auth/two-factor/disable': () => ({ password: 'wrong' }),
  'POST /api/auth/two-factor/get-totp-uri': () => ({ password: 'wrong' }),
  'POST /api/auth/two-factor/generate-backup-codes': () => ({ password: 'wrong' }),
  'POST /api/auth/two-factor/verify-totp': () => ({ code: '000000' }),
  'POST /api/auth/two-factor/verify-backup-code': () => ({ code: 'wrong' }),
};

/** Those that only admins may call: told so, and not that something is not there. */
const ADMINS_ONLY = [
  'POST /api/workspaces',
  'DELETE /api/workspaces/{location_id}',
  'POST /api/setup-links',
  'GET /api/audit',
  'GET /api/users',
  'POST /api/users',
  'GET /api/users/{id}',
  'PATCH /api/users/{id}',
  'DELETE /api/users/{id}',
  'POST /api/users/{id}/invite',
];

/** What takes a code, an allowance, or a device of one's own. */
const UNLIKE_OTHERS = [
  'POST /api/pair',
  'POST /api/enrollments',
  'POST /api/devices/{id}/renew-code',
  'DELETE /api/devices/{id}',
];

let hub: TestHub;
let ann: PanelUser;
let ben: PanelUser;
let annId: string;
let given: World;
let other: World;
let routes: Route[];

beforeAll(async () => {
  hub = await TestHub.start();
  ann = await PanelUser.setUp(hub);
  annId = String((await ann.call('GET', '/api/me')).body.id);
  given = await makeWorld(hub, 'alpha');
  other = await makeWorld(hub, 'omega');
  other.secrets.push('ann@example.com', annId);
  ben = await invite('ben@example.com');
  await invite('carl@example.com');
  const description = (await hub.call('GET', '/api/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };
  routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([verb, operation]) => {
      const method = verb.toUpperCase();
      return { name: `${method} ${path}`, method, path, operation };
    }),
  );
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A sub-account user who was given `given`, and may enrol nothing. */
async function invite(email: string): Promise<PanelUser> {
  const { body } = await ann.call('POST', '/api/users', {
    name: email,
    email,
    role: 'user',
    workspaces: [given.location_id],
    devices: [given.device],
  });
  const user = new PanelUser(hub);
  expect((await user.join(String(body.invite_url))).status).toBe(201);
  return user;
}

/** The path with the ids of this world in it. */
function fill({ name, path }: Route, world: World): string {
  const ids: Record<string, string> = {
    workspaces: world.key,
    devices: world.device,
    messages: name.endsWith('resend') ? world.failed : world.queued,
    deliveries: world.delivery,
    users: annId,
  };
  const kind = path.split('/')[2] ?? '';
  return path
    .replace('{location_id}', world.location_id)
    .replace('{id}', ids[kind] ?? 'nothing')
    .replace('{code}', 'a-code-that-was-guessed')
    .replace('{sha256}', 'a'.repeat(64))
    .replace('{name}', 'photo.jpg');
}

/** The queries that a route can be asked with about this world: none, and each parameter by itself. */
function queriesAbout({ operation }: Route, world: World): string[] {
  const values: Record<string, string> = {
    workspace: world.location_id,
    phone: world.phone,
    conversation: world.phone,
    device: world.device,
    message: world.failed,
    q: 'omega',
    message_id: 'omega-queued',
    target: world.location_id,
    actor: 'ann@example.com',
  };
  const names = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
  const single = names.filter((name) => values[name] !== undefined);
  const queries = single.map((name) => `?${name}=${encodeURIComponent(values[name] ?? '')}`);
  if (names.includes('message_id'))
    queries.push(`?workspace=${world.location_id}&message_id=${values.message_id}`);
  return ['', ...queries];
}

function ask(user: PanelUser, route: Route, world: World, path: string): Promise<Answer> {
  if (!route.operation.requestBody) return user.call(route.method, path);
  const body = BODIES[route.name];
  if (body === undefined) throw new Error(`say in BODIES what would be sent to ${route.name}`);
  return user.call(route.method, path, body(world));
}

/** Answers of two requests are the same but for what names the request. */
function strip({ status, body }: Answer): unknown {
  return { status, body };
}

describe('a sub-account user', () => {
  test('reads nothing and changes nothing of a workspace that is not theirs, whatever route they take', async () => {
    expect(routes.length).toBeGreaterThan(60);
    for (const route of routes) {
      // Routes that end sessions end this one's.
      const user = route.operation.tags[0] === 'sign-in' ? new PanelUser(hub) : ben;
      if (user !== ben) await user.signIn('carl@example.com');
      const before = readDatabase(hub);
      for (const query of queriesAbout(route, other)) {
        const name = `${route.name}${query}`;
        const answer = await ask(user, route, other, `${fill(route, other)}${query}`);
        expect(answer.status, name).toBeLessThan(500);
        const text = JSON.stringify(answer.body) + JSON.stringify([...answer.headers]);
        for (const secret of other.secrets) expect(text, name).not.toContain(secret);
        if (ADMINS_ONLY.includes(route.name)) expect(answer.status, name).toBe(403);
        else if (fill(route, other) !== route.path && route.path.startsWith('/api/'))
          expect(answer.status, name).toBe(404);
      }
      const after = readDatabase(hub);
      // Who signs in, out, or fails to, is written down.
      for (const tables of [before, after]) if (user !== ben) delete tables.audit;
      expect(after, route.name).toEqual(before);
    }
  });

  test('is answered about it exactly as about what was never there', async () => {
    const nothing: World = {
      ...other,
      location_id: 'f'.repeat(32),
      device: '019a0000-0000-7000-8000-000000000000',
      queued: '019a0000-0000-7000-8000-000000000001',
      failed: '019a0000-0000-7000-8000-000000000001',
      delivery: '019a0000-0000-7000-8000-000000000002',
      key: '019a0000-0000-7000-8000-000000000003',
    };
    for (const route of routes.filter(({ path }) => path.startsWith('/api/') && path.includes('{'))) {
      const [real, made] = [
        await ask(ben, route, other, fill(route, other)),
        await ask(ben, route, nothing, fill(route, nothing)),
      ];
      expect([403, 404], route.name).toContain(real.status);
      expect(strip(real), route.name).toEqual(strip(made));
    }
    const overview = await ben.call('GET', '/api/overview');
    expect(overview.body.totals).toMatchObject({ queued: 1, failed: 1, canceled: 1 });
    expect(overview.body.webhooks).toMatchObject({ failing: 1 });
    const filters = [`workspace=${other.location_id}`, `workspace=${nothing.location_id}`];
    for (const list of ['messages', 'deliveries', 'notices', 'overview']) {
      const [real, made] = [
        await ben.call('GET', `/api/${list}?${filters[0]}`),
        await ben.call('GET', `/api/${list}?${filters[1]}`),
      ];
      const { series: _, since: __, ...rest } = real.body as Record<string, unknown>;
      expect(made.body, list).toMatchObject(rest);
    }
  });

  test('does with what is theirs all that those routes do, and an admin does it with everything', async () => {
    const last = (route: Route): number => (route.method === 'DELETE' ? 1 : 0);
    const walked = routes
      .filter(({ path, operation }) => path.startsWith('/api/') && operation.tags[0] !== 'sign-in')
      .filter(({ path }) => !path.startsWith('/api/setup') && !path.startsWith('/api/users'))
      .toSorted((a, b) => last(a) - last(b) || a.path.length - b.path.length);
    const refusals = [
      'not_found',
      'unknown_location',
      'forbidden',
      'unauthorized',
      'invalid_field',
      'missing_field',
    ];
    for (const [user, world] of [
      [ben, given],
      [ann, other],
    ] as const)
      for (const route of walked) {
        if (user === ben && ADMINS_ONLY.includes(route.name)) continue;
        if (UNLIKE_OTHERS.includes(route.name)) continue;
        // Its keys and devices are gone with a workspace.
        const answer = await ask(user, route, world, fill(route, world));
        if (route.name !== 'DELETE /api/workspaces/{location_id}/api-keys/{id}' || user === ben)
          expect(refusals, `${route.name} ${JSON.stringify(answer.body)}`).not.toContain(answer.body?.code);
      }
  });
});
