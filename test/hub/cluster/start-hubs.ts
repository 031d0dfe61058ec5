import type { PostgresServer } from '../../kit/postgres.ts';
import { TestHub } from '../kit/test-hub.ts';

/** Hubs on one database, with a clock that stands still: their sweeps find nothing, so that signals must bring it. */
export async function startHubs(
  postgres: PostgresServer,
  { count = 2, dataDir }: { count?: number; dataDir?: string } = {},
): Promise<TestHub[] & AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const { url } = stack.use(await postgres.createDatabase());
  const now = Date.now();
  const hubs: TestHub[] = [];
  for (let n = 0; n < count; n += 1) {
    const env = { DATABASE_URL: url, HUB_SECRET: 'the same for all of them' };
    hubs.push(stack.use(await TestHub.start(env, { now: () => now }, dataDir)));
  }
  return Object.assign(hubs, { [Symbol.asyncDispose]: () => stack.disposeAsync() });
}
