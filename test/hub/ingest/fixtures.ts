import {
  type ClientRequest,
  type ClientResponse,
  createIngest,
  handleClientMessage,
  type IngestDeps,
} from '../../../hub/ingest/handle-client-message.ts';
import type { NewWorkspace } from '../../../hub/store/records.ts';
import type { Store } from '../../../hub/store/store.ts';
import { addLine, NOW } from '../store/contract/fixtures.ts';
import { openTemporary, silent } from '../store/sqlite-fixtures.ts';

export interface IngestUnderTest extends AsyncDisposable {
  store: Store;
  location_id: string;
  device_id: string;
  /** A body that is accepted, with these fields changed; undefined takes a field out. */
  body(changes?: Record<string, unknown>): Record<string, unknown>;
  post(body: unknown, request?: Partial<ClientRequest>): Promise<ClientResponse>;
}

/** The handler over a store on a real file with one connected workspace, served on iMessage and SMS. */
export async function openIngest(
  workspace: Partial<NewWorkspace> = {},
  deps: Partial<IngestDeps> = {},
): Promise<IngestUnderTest> {
  const opened = await openTemporary();
  const { store } = opened;
  const line = await addLine(store, workspace);
  const ingest = createIngest({ store, messageTtl: 60_000, log: silent, clock: () => NOW, ...deps });
  let count = 0;
  return {
    store,
    ...line,
    body: (changes = {}) => {
      count += 1;
      return {
        location_id: line.location_id,
        user_id: 'user-7',
        phone: '+12145550100',
        message: 'Hello',
        message_id: `msg_${count}`,
        channel: 'imessage',
        ...changes,
      };
    },
    post: (body, request = {}) =>
      handleClientMessage(
        { body: toBytes(body), source: '203.0.113.9', authorization: undefined, ...request },
        ingest,
      ),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

function toBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
