import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHubConfig } from '../../../hub/config.ts';
import { type HubDependencies, type RunningHub, startHub } from '../../../hub/hub.ts';
import { createLog } from '../../../shared/runtime/log.ts';
import { PROTOCOL_VERSION } from '../../../shared/wire/protocol-version.ts';

export const ADMIN_TOKEN = 'test-admin-token-0123456789';

/** JSON of any shape, to be looked into. */
export interface Loose {
  [field: string]: Loose;
  [index: number]: Loose;
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Loose;
}

/** A hub inside the test's own process, on a port and a folder of its own. */
export class TestHub implements AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly logLines: Record<string, unknown>[];
  readonly #hub: RunningHub;

  private constructor(hub: RunningHub, dataDir: string, logLines: Record<string, unknown>[]) {
    this.#hub = hub;
    this.url = hub.url;
    this.dataDir = dataDir;
    this.logLines = logLines;
  }

  static async start(
    env: Record<string, string> = {},
    dependencies: Omit<HubDependencies, 'log'> = {},
    dataDir?: string,
  ): Promise<TestHub> {
    const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'bluewire-test-hub-')));
    const config = readHubConfig({
      HUB_PORT: '0',
      HUB_DATA_DIR: folder,
      HUB_ADMIN_TOKEN: ADMIN_TOKEN,
      HUB_ALLOWED_TARGETS: '127.0.0.0/8',
      ...env,
    });
    const logLines: Record<string, unknown>[] = [];
    const log = createLog('hub', 'debug', {
      write: (line) => void logLines.push(JSON.parse(line) as Record<string, unknown>),
    });
    return new TestHub(await startHub(config, { log, ...dependencies }), folder, logLines);
  }

  /** A call of the admin API. */
  api(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.call(method, path, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...(body !== undefined && JSON_TYPE) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, { method, redirect: 'manual', ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text !== '' ? JSON.parse(text) : text) as Loose,
    };
  }

  /** A workspace whose webhook is `url`. */
  async createWorkspace(fields: Record<string, unknown> = {}): Promise<{ id: string; secret: string }> {
    const { body } = await this.api('POST', '/api/workspaces', { name: 'CRM', ...fields });
    return { id: String(body.location_id), secret: String(body.signing_secret) };
  }

  /** An announced and paired Mac. */
  async pairMac(name = 'Mac'): Promise<{ id: string; token: string }> {
    const enrollment = await this.api('POST', '/api/enrollments', { name, kind: 'mac' });
    const paired = await this.pair(String(enrollment.body.code));
    if (paired.status !== 201) throw new Error(`pairing failed: ${JSON.stringify(paired.body)}`);
    return { id: String(paired.body.device_id), token: String(paired.body.token) };
  }

  pair(code: unknown, changes: Record<string, unknown> = {}): Promise<Answer> {
    const request = {
      code,
      protocol: PROTOCOL_VERSION,
      kind: 'mac',
      bridge_version: '0.1.0',
      os_version: '15.5',
      hostname: 'mac.local',
      ...changes,
    };
    return this.call('POST', '/api/pair', { headers: JSON_TYPE, body: JSON.stringify(request) });
  }

  /** A connected workspace that this device serves. */
  async join(
    deviceId: string,
    fields: Record<string, unknown> = {},
  ): Promise<{ id: string; secret: string }> {
    const workspace = await this.createWorkspace(fields);
    await this.api('PUT', `/api/workspaces/${workspace.id}/devices`, { devices: [{ device_id: deviceId }] });
    await this.api('PUT', `/api/workspaces/${workspace.id}/connection`, { connected: true });
    return workspace;
  }

  /** A client's message. */
  send(locationId: string, messageId: string, changes: Record<string, unknown> = {}): Promise<Answer> {
    const message = {
      location_id: locationId,
      user_id: 'u1',
      phone: '+12145550100',
      message: `text of ${messageId}`,
      message_id: messageId,
      channel: 'imessage',
      ...changes,
    };
    return this.call('POST', '/webhook', { headers: JSON_TYPE, body: JSON.stringify(message) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Stops the hub and leaves its data. */
  async stop(): Promise<void> {
    await this.#hub[Symbol.asyncDispose]();
  }
}

export const JSON_TYPE = { 'content-type': 'application/json' };
