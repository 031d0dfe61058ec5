import { Pool, types } from 'pg';
import type { Logger } from 'pino';

/** Connections of one hub at most. Steps are short; a server allows a hundred by default. */
const MAX_CONNECTIONS = 16;
/** One to beat, one to take over, one to signal: they wait behind none of the steps. */
const LIFELINE_CONNECTIONS = 3;
const CONNECT_DEADLINE_MS = 5_000;
const STATEMENT_DEADLINE_MS = 60_000;
/** A hub that stands still inside a step lets go of what it holds after so long, and the others go on. */
const IDLE_STEP_DEADLINE_MS = 15_000;

const INT8 = types.builtins.INT8;

export interface Pools {
  /** For the steps. */
  pool: Pool;
  /** By which a hub tells that it lives, however many steps wait. */
  lifeline: Pool;
}

/** Connections to Postgres, made as they are needed and replaced when they break. The server knows them by `name`. */
export function openPools(url: string, name: string, log: Logger): Pools {
  return {
    pool: openPool(url, { name, max: MAX_CONNECTIONS, log }),
    lifeline: openPool(url, { name, max: LIFELINE_CONNECTIONS, log }),
  };
}

function openPool(url: string, { name, max, log }: { name: string; max: number; log: Logger }): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: name,
    max,
    connectionTimeoutMillis: CONNECT_DEADLINE_MS,
    statement_timeout: STATEMENT_DEADLINE_MS,
    idle_in_transaction_session_timeout: IDLE_STEP_DEADLINE_MS,
    keepAlive: true,
    // Statements of a step that need nothing of each other travel together.
    pipeline: true,
    types: {
      // Times and counts stay far below 2^53.
      getTypeParser: ((id: number, format: 'text' | 'binary') =>
        id === INT8 && format !== 'binary'
          ? Number
          : types.getTypeParser(id, format)) as typeof types.getTypeParser,
    },
  });
  // A connection that breaks between two statements tells nobody else; whoever uses it next gets the error too.
  pool.on('connect', (client) => {
    client.on('error', () => {});
    // Every statement is short and goes by an index: compiling one costs more than running it.
    client.query('SET jit = off; SET random_page_cost = 1.1').catch(() => {});
  });
  pool.on('error', (error) =>
    log.warn({ error: error.message }, 'a connection to the database broke; another will be made'),
  );
  return pool;
}
