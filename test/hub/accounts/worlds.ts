import { expect } from 'vitest';
import { openSqlite } from '../../../shared/runtime/sqlite.ts';
import { waitFor } from '../../kit/wait.ts';
import type { TestHub } from '../kit/test-hub.ts';

/** A workspace with all that can belong to one. */
export interface World {
  location_id: string;
  device: string;
  /** An API key's id. */
  key: string;
  queued: string;
  failed: string;
  delivery: string;
  phone: string;
  /** What nobody who does not see this workspace may ever read. */
  secrets: string[];
}

/** Every name, text and number in it bears `mark`; its webhook fails, so that there is a notice. */
export async function makeWorld(hub: TestHub, mark: string): Promise<World> {
  const phone = `+1214555${mark === 'alpha' ? '0101' : '0202'}`;
  const { body: workspace } = await hub.api('POST', '/api/workspaces', {
    name: `${mark} CRM`,
    address: `${mark} street`,
    email: `${mark}@client.example`,
    url: `http://127.0.0.1:1/${mark}`,
    headers: [{ key: 'x-key', value: `${mark}-header-value` }],
  });
  const location_id = String(workspace.location_id);
  const { id: device } = await hub.pairMac(`${mark} Mac`);
  const of = `/api/workspaces/${location_id}`;
  await hub.api('PUT', `${of}/devices`, { devices: [{ device_id: device }] });
  await hub.api('PUT', `${of}/connection`, { connected: true });
  const { body: key } = await hub.api('POST', `${of}/api-keys`, { name: `${mark} key` });
  const queued = await hub.send(location_id, `${mark}-queued`, { phone, message: `${mark} text` });
  const failed = await hub.send(location_id, `${mark}-failed`, { phone, message: `${mark} other text` });
  await hub.api('POST', `/api/messages/${failed.body.id}/cancel`);
  const notice = await waitFor('the notice', async () => {
    const { body } = await hub.api('GET', `/api/notices?workspace=${location_id}`);
    return (body.items as unknown as { id: string }[])[0];
  });
  const { body: deliveries } = await hub.api('GET', `/api/deliveries?workspace=${location_id}`);
  const delivery = String((deliveries.items as unknown as { id: string }[])[0]?.id);
  const ids = [location_id, device, key.id, queued.body.id, failed.body.id, delivery, notice.id].map(String);
  const secrets = [...ids, mark, phone, String(key.key), String(workspace.signing_secret)];
  expect(secrets.every((secret) => secret.length > 4)).toBe(true);
  const [, , keyId, queuedId, failedId] = ids as [string, string, string, string, string];
  return { location_id, device, key: keyId, queued: queuedId, failed: failedId, delivery, phone, secrets };
}

/** What only requests change, as it lies in the database. */
const TABLES = {
  workspaces: '*',
  api_keys: 'id, location_id, name',
  devices: 'id, name, address, channels, paused, pace, token_hash, enrolled_by',
  enrollments: '*',
  assignments: '*',
  messages: '*',
  deliveries: 'id, location_id',
  users: '*',
  accounts: '*',
  two_factors: '*',
  setup_links: '*',
  user_workspaces: '*',
  user_devices: '*',
  audit: '*',
} as const;

export function readDatabase(hub: TestHub): Record<string, unknown[]> {
  const db = openSqlite(`${hub.dataDir}/hub.db`, { readonly: true });
  try {
    return Object.fromEntries(
      Object.entries(TABLES).map(([table, columns]) => [
        table,
        db.prepare(`SELECT ${columns} FROM ${table} ORDER BY 1, 2`).all(),
      ]),
    );
  } finally {
    db.close();
  }
}
