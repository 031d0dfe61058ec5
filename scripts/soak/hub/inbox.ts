import { Webhook } from 'standardwebhooks';
import type { WebhookEvent } from '../../../shared/api/webhook-events.ts';
import type { Arrival } from './arrival.ts';
import type { Ledger, WorkspaceNote } from './ledger.ts';

/** Everything that came under one webhook-id. */
export interface Heard {
  readonly webhookId: string;
  readonly workspace: number;
  readonly event: WebhookEvent;
  readonly body: string;
  attempts: number;
  /** When it was answered 2xx first, by the receivers' common clock. */
  successAt: number | undefined;
}

/** A secret that the soak learns a little after the hub took it into use. */
const LEARNING_MS = 30_000;
const CLOCK_TOLERANCE_S = 60;

/** What the receivers got, gathered by webhook-id; the signature and body of each attempt are judged as it comes. */
export class Inbox {
  readonly heard = new Map<string, Heard>();
  attempts = 0;
  /** Signed with no secret known yet: one may be on its way. */
  readonly #unverified: Arrival[] = [];
  readonly #statuses = new Map<string, string[]>();
  readonly #ledger: Ledger;
  readonly #workspaces: readonly WorkspaceNote[];
  readonly #keys = new Map<string, Webhook>();

  constructor(ledger: Ledger, workspaces: readonly WorkspaceNote[]) {
    this.#ledger = ledger;
    this.#workspaces = workspaces;
  }

  take(arrival: Arrival): void {
    this.attempts += 1;
    if (!this.#verify(arrival)) this.#unverified.push(arrival);
    if (Math.abs(arrival.at / 1_000 - arrival.timestamp) > CLOCK_TOLERANCE_S)
      this.#ledger.fault(`${arrival.id}: webhook-timestamp is not the time of the attempt`);
    const known = this.heard.get(arrival.id);
    const heard = known ?? this.#begin(arrival);
    heard.attempts += 1;
    if (known && known.body !== arrival.body)
      this.#ledger.fault(`${arrival.id}: another body than at its first attempt`);
    if (known && known.workspace !== arrival.workspace)
      this.#ledger.fault(`${arrival.id}: came to two workspaces`);
    if (arrival.status >= 200 && arrival.status < 300) heard.successAt ??= arrival.order;
  }

  /** Statuses that the client heard of one of its messages, as they came. */
  statusesOf(messageId: string): readonly string[] {
    return this.#statuses.get(messageId) ?? [];
  }

  /** Attempts whose signature is of no secret of their time, now that all secrets are known. */
  judgeSignatures(): string[] {
    return this.#unverified
      .filter((arrival) => !this.#verify(arrival))
      .map(({ id, workspace }) => `${id}: signed with no secret of its time (workspace ${workspace})`);
  }

  #begin(arrival: Arrival): Heard {
    const event = JSON.parse(arrival.body) as WebhookEvent;
    const { id, workspace, body } = arrival;
    const heard: Heard = { webhookId: id, workspace, event, body, attempts: 0, successAt: undefined };
    this.heard.set(id, heard);
    if (event.type === 'STATUS-UPDATE')
      this.#statuses.set(event.message_id, [...this.statusesOf(event.message_id), event.status]);
    if (event.location_id !== this.#workspaces[workspace]?.locationId)
      this.#ledger.fault(`${id}: an event of another workspace came to workspace ${workspace}`);
    return heard;
  }

  /** The secret of the time, the one before, or one that became known soon after. */
  #verify({ workspace, at, id, timestamp, signature, body }: Arrival): boolean {
    const secrets = this.#workspaces[workspace]?.secrets ?? [];
    const current = secrets.findLastIndex(({ since }) => since <= at);
    const candidates = secrets
      .slice(Math.max(0, current - 1))
      .filter(({ since }) => since <= at + LEARNING_MS)
      .map(({ secret }) => this.#keyOf(secret).sign(id, new Date(timestamp * 1_000), body));
    return signature.split(' ').some((one) => candidates.includes(one));
  }

  #keyOf(secret: string): Webhook {
    const key = this.#keys.get(secret) ?? new Webhook(secret);
    this.#keys.set(secret, key);
    return key;
  }
}
