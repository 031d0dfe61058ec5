import { useQuery } from '@tanstack/react-query';
import type { OverviewView } from '../../../../shared/api/overview.ts';
import { request } from './request.ts';

export interface DeviceTraffic {
  /** Waiting for it, or on its way. */
  queued: number;
  /** Since midnight of the viewer. */
  sent: number;
  failed: number;
  received: number;
}

/** A queued message waits a day at most unless the hub is told otherwise; two leave nothing out. */
const QUEUED_WITHIN_MS = 2 * 86_400_000;
const ROUND_TO_MS = 10 * 60_000;
const BUCKET_MINUTES = 1_440;

/** What each device has in hand, and did today. */
export function useDeviceTraffic() {
  return useQuery({
    queryKey: ['messages', 'traffic of devices'],
    queryFn: async ({ signal }) => {
      const long = Math.floor((Date.now() - QUEUED_WITHIN_MS) / ROUND_TO_MS) * ROUND_TO_MS;
      const [today, waiting] = await Promise.all([
        readOverview(new Date().setHours(0, 0, 0, 0), signal),
        readOverview(long, signal),
      ]);
      return join(today, waiting);
    },
  });
}

function readOverview(since: number, signal: AbortSignal): Promise<OverviewView> {
  const query = { since: new Date(since).toISOString(), bucket_minutes: BUCKET_MINUTES };
  return request('GET', '/api/overview', { query, signal });
}

function join(today: OverviewView, waiting: OverviewView): ReadonlyMap<string, DeviceTraffic> {
  const queued = new Map(waiting.devices.map((device) => [device.device_id, device.queued]));
  const ofToday = new Map(today.devices.map((device) => [device.device_id, device]));
  const ids = new Set([...queued.keys(), ...ofToday.keys()]);
  return new Map(
    [...ids].map((id) => {
      const { sent = 0, failed = 0, received = 0 } = ofToday.get(id) ?? {};
      return [id, { queued: queued.get(id) ?? 0, sent, failed, received }];
    }),
  );
}
