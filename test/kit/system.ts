import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SimulatedMac, startSimulatedMac } from '../simulated-mac/client.ts';
import { Hub } from './hub.ts';
import { Program } from './program.ts';
import { Receiver } from './receiver.ts';

export interface SystemOptions {
  hubEnv?: Record<string, string>;
  bridgeEnv?: Record<string, string>;
  macos?: string;
}

/** The whole product as real processes: hub, receiver, simulated Mac and a paired bridge, joined to one workspace. */
export class System implements AsyncDisposable {
  readonly hub: Hub;
  readonly mac: SimulatedMac;
  readonly receiver: Receiver;
  readonly #bridgeHome: string;
  readonly #bridgeEnv: Record<string, string>;
  bridge: Program | undefined;
  deviceId = '';
  locationId = '';
  signingSecret = '';

  private constructor(
    hub: Hub,
    mac: SimulatedMac,
    receiver: Receiver,
    home: string,
    env: Record<string, string>,
  ) {
    this.hub = hub;
    this.mac = mac;
    this.receiver = receiver;
    this.#bridgeHome = home;
    this.#bridgeEnv = env;
  }

  static async start(options: SystemOptions = {}): Promise<System> {
    const [hub, mac, receiver, home] = await Promise.all([
      Hub.start(options.hubEnv),
      startSimulatedMac(options.macos ? { macos: options.macos } : {}),
      Receiver.start(),
      mkdtemp(join(tmpdir(), 'bluewire-bridge-')),
    ]);
    const system = new System(hub, mac, receiver, home, options.bridgeEnv ?? {});
    await system.#join();
    await system.startBridge();
    return system;
  }

  /** Runs a bridge command to its end, as an operator would. */
  bridgeCommand(...args: string[]): Program {
    return new Program(`bridge ${args[0]}`, 'bridge-mac/main.ts', args, {
      ...this.mac.bridgeEnv(),
      BRIDGE_HOME: this.#bridgeHome,
      LOG_LEVEL: 'debug',
      ...this.#bridgeEnv,
    });
  }

  /** Starts `bridge run`; resolves when it has found the hub. */
  async startBridge(): Promise<void> {
    this.bridge = this.bridgeCommand('run');
    await this.bridge.waitForLog('connected to the hub');
  }

  /** Starts `bridge run` without waiting for a hub. */
  startBridgeAlone(): Program {
    this.bridge = this.bridgeCommand('run');
    return this.bridge;
  }

  async killBridge(): Promise<void> {
    await this.bridge?.end('SIGKILL');
  }

  /** POSTs a text from the workspace's client system. */
  async send(
    messageId: string,
    phone: string,
    text = `text of ${messageId}`,
    channel = 'imessage',
  ): Promise<string> {
    const answer = await this.hub.send({
      location_id: this.locationId,
      user_id: 'u1',
      phone,
      message: text,
      message_id: messageId,
      channel,
    });
    if (answer.status !== 200) throw new Error(`POST /webhook answered ${JSON.stringify(answer.body)}`);
    return String(answer.body.id);
  }

  async #join(): Promise<void> {
    const workspace = await this.hub.api('POST', '/api/workspaces', {
      name: 'Test CRM',
      url: this.receiver.url,
      headers: [{ key: 'x-crm', value: 'crm-header-value' }],
    });
    this.locationId = String(workspace.body.location_id);
    this.signingSecret = String(workspace.body.signing_secret);
    const enrollment = await this.hub.api('POST', '/api/enrollments', { name: 'Test Mac', kind: 'mac' });
    this.deviceId = String(enrollment.body.device_id);
    const base = `/api/workspaces/${this.locationId}`;
    await this.hub.api('PUT', `${base}/devices`, { devices: [{ device_id: this.deviceId }] });
    await this.hub.api('PUT', `${base}/connection`, { connected: true });
    const pairing = this.bridgeCommand('pair', this.hub.url, String(enrollment.body.code));
    const code = await pairing.waitForExit();
    if (code !== 0) throw new Error(`pairing failed:\n${pairing.lines.join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(this.#bridgeHome, { recursive: true, force: true }));
    stack.use(this.receiver);
    stack.use(this.hub);
    stack.use(this.mac);
    stack.use(this.bridge);
  }
}
