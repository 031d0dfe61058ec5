import type { Finding } from '../../../shared/wire/health.ts';
import type { Pace } from '../../../shared/wire/settings.ts';
import type { ConnectedDevice, Connection, HubStore, OtherHub } from '../hubs.ts';
import { deviceOf, queueOf, type StoreContext } from './context.ts';
import type { Runner } from './create-store.ts';
import { freeLeases } from './deliveries.ts';
import { freeFetchesOf } from './fetch-claims.ts';
import { listQueuesOf, unrouteDevices } from './route.ts';
import { freeSendsOf, releaseSends } from './sends.ts';

/** Who is connected where is worth nothing after a power failure, so no step waits for the disk. */
export function hubSteps({
  read,
  write,
  writeRelaxed,
}: Pick<Runner, 'read' | 'write' | 'writeRelaxed'>): HubStore {
  return {
    registerHub: (id, beat, now) =>
      write(async (context) => {
        await leaveHub(context, id);
        await context.db.run('INSERT INTO hubs (id, beat, since) VALUES (?, ?, ?)', id, beat, now);
      }),
    beatHub: (id, beat) => writeRelaxed((context) => beatHub(context, id, beat)),
    takeOverHub: (hub) => write((context) => takeOverHub(context, hub)),
    leaveHub: (id) => write((context) => leaveHub(context, id)),
    connectDevice: (connection) => writeRelaxed((context) => connectDevice(context, connection)),
    endConnections: (ids) => writeRelaxed((context) => endConnections(context, ids)),
    listConnections: () => read(listConnections),
  };
}

async function beatHub({ db }: StoreContext, id: string, beat: string): Promise<OtherHub[] | undefined> {
  if ((await db.run('UPDATE hubs SET beat = ? WHERE id = ?', beat, id)) === 0) return undefined;
  return db.all<OtherHub>('SELECT id, beat FROM hubs WHERE id <> ?', id);
}

async function takeOverHub(context: StoreContext, { id, beat }: OtherHub): Promise<boolean> {
  const { db } = context;
  await holdAllOf(context, id);
  const gone = await db.get(`SELECT 1 FROM hubs WHERE id = ? AND beat = ? ${db.forUpdate}`, id, beat);
  if (gone === undefined) return false;
  await leaveHub(context, id);
  return true;
}

/** What its devices were never offered may go to others; what they were offered stays with them. */
async function leaveHub(context: StoreContext, id: string): Promise<void> {
  const { db } = context;
  await holdAllOf(context, id);
  const devices = await db.all<{ device_id: string }>('SELECT device_id FROM connections WHERE hub = ?', id);
  await db.run('DELETE FROM hubs WHERE id = ?', id);
  await freeLeases(context, 'owner = ?', id);
  await freeFetchesOf(context, id);
  await freeSendsOf(context, id);
  await unrouteDevices(
    context,
    devices.map(({ device_id }) => device_id),
  );
}

const QUEUES_OF = `
SELECT DISTINCT location_id FROM deliveries WHERE status = 'pending' AND owner IS NOT NULL AND owner = ?`;

async function holdAllOf(context: StoreContext, id: string): Promise<void> {
  const { db } = context;
  await context.hold(async () => {
    const queues = await db.all<{ location_id: string }>(QUEUES_OF, id);
    const devices = await db.all<{ device_id: string }>(
      'SELECT device_id FROM connections WHERE hub = ?',
      id,
    );
    const ids = devices.map(({ device_id }) => device_id);
    const routed = await listQueuesOf(context, ids);
    return [...queues.map(({ location_id }) => queueOf(location_id)), ...ids.map(deviceOf), ...routed];
  });
}

const CONNECT = `
INSERT INTO connections (device_id, hub, id)
SELECT d.id, h.id, CAST(? AS TEXT) FROM devices d CROSS JOIN hubs h WHERE d.id = ? AND h.id = ?
ON CONFLICT (device_id) DO UPDATE SET hub = excluded.hub, id = excluded.id`;

async function connectDevice(
  context: StoreContext,
  { device_id, hub, id }: Connection,
): Promise<{ former: Connection | undefined } | undefined> {
  const { db } = context;
  await context.hold([deviceOf(device_id)]);
  const former = await db.get<Connection>(
    'SELECT device_id, hub, id FROM connections WHERE device_id = ?',
    device_id,
  );
  if ((await db.run(CONNECT, id, device_id, hub)) === 0) return undefined;
  await releaseSends(context, device_id);
  return { former };
}

async function endConnections({ db }: StoreContext, ids: string[]): Promise<void> {
  await db.run('DELETE FROM connections WHERE id IN (SELECT value FROM json_each(?))', JSON.stringify(ids));
}

const CONNECTED = `
SELECT c.device_id, c.hub, c.id, d.paused, d.findings, d.pace
FROM connections c JOIN devices d ON d.id = c.device_id`;

type ConnectedRow = Connection & { paused: number; findings: string; pace: string };

async function listConnections({ db }: StoreContext): Promise<ConnectedDevice[]> {
  const rows = await db.all<ConnectedRow>(CONNECTED);
  return rows.map(({ paused, findings, pace, ...connection }) => ({
    ...connection,
    paused: paused !== 0,
    findings: JSON.parse(findings) as Finding[],
    pace: JSON.parse(pace) as Pace,
  }));
}
