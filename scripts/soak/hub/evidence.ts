import type { Random } from '../random.ts';
import type { Heard } from './inbox.ts';
import type { Ledger, WorkspaceNote } from './ledger.ts';
import type { Storm } from './storm.ts';

/** An outgoing message as the hub lists it. */
export interface KnownMessage {
  readonly id: string;
  readonly message_id: string;
  readonly message: string;
  readonly phone: string;
  readonly status: string;
}

/** A webhook event as the hub lists it. */
export interface KnownDelivery {
  readonly webhook_id: string;
  readonly status: string;
}

/** What the soak saw, and what the hub says. */
export interface Evidence {
  readonly ledger: Ledger;
  readonly workspaces: readonly Pick<WorkspaceNote, 'index' | 'tellsRead' | 'userId'>[];
  readonly heard: readonly Heard[];
  readonly messages: readonly KnownMessage[];
  readonly deliveries: readonly KnownDelivery[];
}

/** Asks the hub for everything that it has on record. */
export async function gatherEvidence(storm: Storm, random: Random): Promise<Evidence> {
  const { fleet, inbox, ledger, workspaces } = storm;
  const messages: KnownMessage[] = [];
  const deliveries: KnownDelivery[] = [];
  for (const { locationId } of workspaces) {
    const place = `workspace=${locationId}`;
    const listed = await fleet.list(random, `/api/messages?${place}&direction=out`);
    messages.push(...(listed as unknown as KnownMessage[]));
    const events = await fleet.list(random, `/api/deliveries?${place}`);
    deliveries.push(...(events as unknown as KnownDelivery[]));
  }
  return { ledger, workspaces, heard: [...inbox.heard.values()], messages, deliveries };
}
