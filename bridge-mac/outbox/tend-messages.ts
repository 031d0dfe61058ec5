import type { Logger } from 'pino';
import type { Finding } from '../../shared/wire/health.ts';
import type { ScriptedMessages, ScriptOutcome } from '../applescript/run-script.ts';
import type { Consent, SendingStore } from '../store/sending-store.ts';

const MINUTE_MS = 60_000;
// Messages on a Mac that nobody uses stops to synchronise; any Apple event wakes it.
const IDLE_MS = 5 * MINUTE_MS;
const IDLE_PROBE_LIMIT_MS = 10_000;
const DENIED_PROBE_EVERY_MS = 30_000;
// A refusal may concern one send alone, or be lifted at once: the first probe tells.
const FIRST_DENIED_PROBE_MS = 2_000;
const STUCK_AFTER = 3;
const RESTART_EVERY_MS = 10 * MINUTE_MS;
const RESTART_LIMIT_MS = 2 * MINUTE_MS;

export interface TendingDeps {
  messages: Pick<ScriptedMessages, 'probe'>;
  sending: SendingStore;
  /** Makes Messages quit and start again; undefined when that is not wanted. */
  restartMessages: ((signal: AbortSignal) => Promise<void>) | undefined;
  osascriptTimeoutMs: number;
  onFinding: (finding: Finding) => void;
  /** Called when tending is over: sending may go on. */
  onTended: () => void;
  log: Logger;
  now: () => number;
}

/**
 * Keeps Messages able to send. Refused by macOS, nothing more is sent until a probe gets through; left alone, Messages
 * is woken every five minutes; silent to three sends in a row, it is restarted once no row is awaited any more: what
 * it may hold unsent is then reported as unknown, and never sent again.
 */
export class MessagesTending implements AsyncDisposable {
  readonly #deps: TendingDeps;
  #consent: Consent;
  #spokenAt: number;
  #unanswered = 0;
  /** Probes that were refused since sends were. */
  #refusedProbes = 0;
  #isReportedStuck = false;
  #busy: Promise<void> | undefined;
  readonly #stopping = new AbortController();

  constructor(deps: TendingDeps) {
    this.#deps = deps;
    this.#consent = deps.sending.consent;
    this.#spokenAt = this.#consent === 'denied' ? Number.NEGATIVE_INFINITY : deps.now();
  }

  /** Says again what was so before the bridge was restarted. */
  start(): void {
    if (this.#consent === 'denied') this.#reportConsent();
  }

  /** Whether no send may begin now. */
  get holdsSends(): boolean {
    return this.#consent === 'denied' || this.#busy !== undefined || this.#isRestartDue();
  }

  /** What an osascript that sends met. */
  note(outcome: ScriptOutcome): void {
    this.#spokenAt = this.#deps.now();
    this.#noteConsent(outcome);
    this.#unanswered = outcome.kind === 'failed' && outcome.unanswered ? this.#unanswered + 1 : 0;
    if (this.#unanswered >= STUCK_AFTER) this.#reportStuck();
    else if (outcome.kind === 'returned') this.#reportAnswer();
  }

  /** A row turned up: Messages works, however it answers. */
  proven(): void {
    this.#unanswered = 0;
    this.#reportAnswer();
  }

  /** When there is something to do next, in epoch milliseconds; undefined while it is being done. */
  get nextDue(): number | undefined {
    if (this.#busy !== undefined || this.#isRestartDue()) return undefined;
    if (this.#consent === 'denied') {
      return this.#spokenAt + (this.#refusedProbes === 0 ? FIRST_DENIED_PROBE_MS : DENIED_PROBE_EVERY_MS);
    }
    // An unanswered prompt would be kept as a refusal: where nobody has allowed it yet, only a send may ask.
    return this.#consent === 'given' ? this.#spokenAt + IDLE_MS : undefined;
  }

  /**
   * Does what is due. Call it while no osascript runs, so that there is one at a time; `isAwaiting`: a row of a send is
   * still within its deadline. Does not wait for what it starts.
   */
  tend(isAwaiting: boolean): void {
    if (this.#busy !== undefined) return;
    const now = this.#deps.now();
    // A clock that was set back must not keep the next probe away.
    this.#spokenAt = Math.min(this.#spokenAt, now);
    if (this.#isRestartDue()) {
      if (!isAwaiting) this.#start(RESTART_LIMIT_MS, (signal) => this.#restart(signal));
      return;
    }
    const due = this.nextDue;
    if (due === undefined || due > now) return;
    const limit = this.#consent === 'denied' ? this.#deps.osascriptTimeoutMs : IDLE_PROBE_LIMIT_MS;
    this.#start(limit, (signal) => this.#probe(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#busy;
  }

  #start(limitMs: number, work: (signal: AbortSignal) => Promise<void>): void {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(limitMs)]);
    this.#busy = work(signal)
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'tending Messages failed'))
      .finally(() => {
        this.#busy = undefined;
        this.#deps.onTended();
      });
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const outcome = await this.#deps.messages.probe(signal);
    if (this.#stopping.signal.aborted) return;
    this.#spokenAt = this.#deps.now();
    if (isDenied(outcome)) this.#refusedProbes += 1;
    if (this.#consent === 'denied' && !isDenied(outcome)) this.#setConsent('unproven');
    this.#noteConsent(outcome);
  }

  #isRestartDue(): boolean {
    const { restartMessages, sending, now } = this.#deps;
    if (restartMessages === undefined || this.#unanswered < STUCK_AFTER) return false;
    const since = now() - sending.restartedMessagesAt;
    return since >= RESTART_EVERY_MS || since < 0;
  }

  async #restart(signal: AbortSignal): Promise<void> {
    const { restartMessages, sending, log, now } = this.#deps;
    log.warn({ unanswered: this.#unanswered }, 'Messages answers no more: restarting it');
    sending.setRestartedMessagesAt(now());
    this.#unanswered = 0;
    this.#spokenAt = now();
    await restartMessages?.(signal);
  }

  #noteConsent(outcome: ScriptOutcome): void {
    if (isDenied(outcome)) this.#setConsent('denied');
    // An answer of Messages' own, even an error, has passed macOS' gate.
    else if (outcome.kind === 'returned' || outcome.error.remedy === 'other_route') this.#setConsent('given');
  }

  #setConsent(consent: Consent): void {
    if (consent === this.#consent) return;
    const wasDenied = this.#consent === 'denied';
    this.#consent = consent;
    this.#refusedProbes = 0;
    this.#deps.sending.setConsent(consent);
    if (wasDenied || consent !== 'unproven') this.#reportConsent();
  }

  #reportConsent(): void {
    const check = 'automation';
    if (this.#consent !== 'denied') {
      this.#deps.onFinding({ check, ok: true, message: 'macOS lets the bridge control Messages.' });
      return;
    }
    const message = 'macOS refuses the bridge control of Messages: what is to be sent waits.';
    const remedy =
      'Allow it: System Settings → Privacy & Security → Automation. Nothing listed there: run `tccutil reset AppleEvents`, then send once with a person at the screen.';
    this.#deps.log.error(`${message} ${remedy}`);
    this.#deps.onFinding({ check, ok: false, message, remedy, blocks_sending: true });
  }

  #reportStuck(): void {
    const message = 'Messages has not answered three sends in a row.';
    const remedy = 'Look whether a dialog is open in Messages on the Mac; quit Messages and open it again.';
    if (!this.#isReportedStuck)
      this.#deps.onFinding({ check: 'messages_answers', ok: false, message, remedy });
    this.#isReportedStuck = true;
  }

  #reportAnswer(): void {
    if (!this.#isReportedStuck) return;
    this.#isReportedStuck = false;
    this.#deps.onFinding({ check: 'messages_answers', ok: true, message: 'Messages answers scripts.' });
  }
}

function isDenied(outcome: ScriptOutcome): boolean {
  return outcome.kind === 'failed' && outcome.error.failureCode === 'automation_denied';
}
