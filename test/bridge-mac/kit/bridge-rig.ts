import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareHome } from '../../../bridge-mac/home.ts';
import { writeIdentity } from '../../../bridge-mac/identity.ts';
import { Program } from '../../kit/program.ts';
import { type SimulatedMac, type StartOptions, startSimulatedMac } from '../../simulated-mac/client.ts';
import { StandInHub } from './stand-in-hub.ts';

export interface RigOptions {
  mac?: StartOptions;
  env?: Record<string, string>;
}

/** A real bridge process between a simulated Mac and a stand-in hub. */
export class BridgeRig implements AsyncDisposable {
  readonly hub: StandInHub;
  readonly mac: SimulatedMac;
  /** Has a space and a quote in it, as a folder may. */
  readonly home: string;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #unset = new Set<string>();
  bridge: Program | undefined;

  private constructor(hub: StandInHub, mac: SimulatedMac, folder: string, env: Record<string, string>) {
    this.hub = hub;
    this.mac = mac;
    this.#folder = folder;
    this.home = join(folder, 'Application "Support"', 'Bluewire');
    this.#env = { ...env };
  }

  /** Everything up, paired and connected. */
  static async start(options: RigOptions = {}): Promise<BridgeRig> {
    const rig = await BridgeRig.prepare(options);
    rig.writePairing();
    await rig.run();
    return rig;
  }

  /** Hub and Mac up, nothing paired. */
  static async prepare({ mac = {}, env = {} }: RigOptions = {}): Promise<BridgeRig> {
    const [hub, simulated, folder] = await Promise.all([
      StandInHub.start(),
      startSimulatedMac({ pace: 0.2, ...mac }),
      mkdtemp(join(tmpdir(), 'bluewire-rig-')),
    ]);
    return new BridgeRig(hub, simulated, folder, env);
  }

  /** Environment of every command from now on. */
  set(env: Record<string, string>): void {
    Object.assign(this.#env, env);
  }

  /** Takes variables out of that environment, those too that every command has. */
  unset(...names: string[]): void {
    for (const name of names) {
      delete this.#env[name];
      this.#unset.add(name);
    }
  }

  command(...args: string[]): Program {
    const env = {
      ...this.mac.bridgeEnv(),
      BRIDGE_HOME: this.home,
      LOG_LEVEL: 'debug',
    };
    const left = Object.entries(env).filter(([name]) => !this.#unset.has(name));
    return new Program(`bridge ${args[0]}`, 'bridge-mac/main.ts', args, {
      ...Object.fromEntries(left),
      ...this.#env,
    });
  }

  /** Runs a command to its end; answers exit status and what it printed. */
  async outcome(...args: string[]): Promise<{ code: number | null; output: string }> {
    await using program = this.command(...args);
    const code = await program.waitForExit();
    return { code, output: program.lines.join('\n') };
  }

  /** What `pair` leaves behind, without the time that running it takes. */
  writePairing(): void {
    const { url, deviceId, token } = this.hub;
    prepareHome(this.home);
    writeIdentity(join(this.home, 'identity.json'), {
      hub_url: url,
      device_id: deviceId,
      device_name: 'Front desk',
      token,
      paired_at: Date.now(),
    });
  }

  async pair(): Promise<void> {
    const { code, output } = await this.outcome('pair', this.hub.url, this.hub.code);
    if (code !== 0) throw new Error(output);
  }

  async run(): Promise<Program> {
    const bridge = this.runAlone();
    await bridge.waitForLog('connected to the hub');
    return bridge;
  }

  /** Starts `run` without waiting for a hub. */
  runAlone(env: Record<string, string> = {}): Program {
    Object.assign(this.#env, env);
    this.bridge = this.command('run');
    return this.bridge;
  }

  async kill(): Promise<void> {
    await this.bridge?.end('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bridge?.end('SIGKILL');
    await Promise.all([this.hub[Symbol.asyncDispose](), this.mac[Symbol.asyncDispose]()]);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
