#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { describeConfig, readConfig } from '../shared/runtime/config-table.ts';
import { runMain } from '../shared/runtime/run-main.ts';
import { VERSION } from '../shared/version.ts';
import { askAccount } from './applescript/ask-account.ts';
import { describeChatDb, lookAtChatDb } from './chat-db/describe.ts';
import { BRIDGE_SETTINGS, type BridgeConfig } from './config.ts';
import { type DoctorOptions, examine } from './doctor/doctor.ts';
import { describeResults, type Result } from './doctor/result.ts';
import { isFresh, readReportedHealth } from './health.ts';
import { pathsIn, prepareHome, refuseUnusableHome } from './home.ts';
import { readIdentity } from './identity.ts';
import { agentPathIn, readAgent } from './launchd/agent.ts';
import { type InstallOptions, installAgent, uninstallAgent } from './launchd/install.ts';
import { hasGuiSession, readJob } from './launchd/launchctl.ts';
import { findPinnedNode } from './launchd/own-node.ts';
import { mergeSettings, settingsOf } from './launchd/settings.ts';
import { isMessagesRunning } from './messages-app/messages-app.ts';
import { pairWithHub } from './pair.ts';
import { CRASH_FILE, showLog } from './read-log.ts';
import { runBridge } from './run.ts';
import { describeStatus, isRunning, NOT_PAIRED, readStatus } from './status.ts';
import { inspectStore, readCursor } from './store/inspect-store.ts';

const USER = process.getuid?.() ?? 0;
/** Carried into the LaunchAgent beside the bridge's own settings: a hub's certificate may be of a private authority. */
const CARRIED = [...Object.keys(BRIDGE_SETTINGS), 'NODE_EXTRA_CA_CERTS'];

const readInstalled = () => settingsOf(readAgent(agentPathIn(homedir())), CARRIED);

const homeOf = (env: Record<string, string | undefined>): string =>
  readConfig({ BRIDGE_HOME: BRIDGE_SETTINGS.BRIDGE_HOME }, env).BRIDGE_HOME;

/** What the installed bridge was given; nothing where this command is about another bridge, by its BRIDGE_HOME. */
function readInstalledHere(): Record<string, string> {
  const installed = readInstalled();
  return homeOf({ ...installed, ...process.env }) === homeOf(installed) ? installed : {};
}

/** Settings of the environment, and where it says nothing those of the installed bridge. */
const readSettings = (): BridgeConfig =>
  readConfig(BRIDGE_SETTINGS, { ...readInstalledHere(), ...process.env });

/** The same for `install`, which may move the bridge to another BRIDGE_HOME. */
const readInstallSettings = (): BridgeConfig =>
  readConfig(BRIDGE_SETTINGS, { ...readInstalled(), ...process.env });

/** The same for `run`, whose log goes to its terminal unless this command is told otherwise. */
function readRunSettings(): BridgeConfig {
  const { BRIDGE_LOG_DIR: _, ...installed } = readInstalledHere();
  return readConfig(BRIDGE_SETTINGS, { ...installed, ...process.env });
}

await runMain(async (signal) => {
  const program = new Command('bluewire-bridge')
    .description("Bluewire's bridge: connects Messages on this Mac to a Bluewire hub.")
    .version(VERSION)
    .addHelpText('after', `\nConfiguration, by environment variables:\n${describeConfig(BRIDGE_SETTINGS)}`);
  program
    .command('pair <hub-url> <code>')
    .description('trade a one-time code from the hub for this Mac’s credential')
    .action(async (hubUrl: string, code: string) => {
      console.log(await pairWithHub(readSettings().BRIDGE_HOME, hubUrl, code, Date.now));
    });
  program
    .command('run')
    .description('send and receive until stopped')
    .action(() => runBridge(readRunSettings(), signal));
  addAgentCommands(program);
  addInsightCommands(program, signal);
  await program.parseAsync();
});

function addAgentCommands(program: Command): void {
  program
    .command('install')
    .description('start the bridge at every log-in and keep it running; again to restart or upgrade it')
    .action(async () => console.log(await installAgent(installOptions(readInstallSettings()))));
  program
    .command('uninstall')
    .description('stop the bridge and start it no more; the pairing is kept')
    .action(async () => {
      const home = readSettings().BRIDGE_HOME;
      console.log(await uninstallAgent({ platform: process.platform, uid: USER, userHome: homedir(), home }));
    });
}

function addInsightCommands(program: Command, signal: AbortSignal): void {
  program
    .command('status')
    .description('say how this Mac stands')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await statusOf(readSettings());
      if (json) console.log(JSON.stringify(status, undefined, 2));
      else if (status.paired) console.log(describeStatus(status, Date.now()));
      else console.error(status.message);
      if (!status.paired) process.exitCode = 1;
    });
  program
    .command('doctor')
    .description('check everything that sending and receiving hang on, and say what to do')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const results = await diagnose(readSettings());
      console.log(json ? JSON.stringify(results, undefined, 2) : describeResults(results, paint));
      if (results.some(({ verdict }) => verdict === 'failed')) process.exitCode = 1;
    });
  program
    .command('logs')
    .description('show the log of the installed bridge')
    .option('-f, --follow', 'go on with what is written from now on')
    .option('-n, --lines <number>', 'how many of the last lines', parseCount, 50)
    .action(({ follow = false, lines }: { follow?: boolean; lines: number }) => {
      const write = (text: string): void => void process.stdout.write(text);
      // `logs | head` closes the pipe.
      process.stdout.on('error', () => process.exit(0));
      return showLog({ folder: logFolder(readSettings()), lines, follow, write, signal });
    });
}

function paint(verdict: Result['verdict'], mark: string): string {
  const colour = { ok: 'green', failed: 'red', unknown: 'gray' } as const;
  return styleText(colour[verdict], mark, { stream: process.stdout });
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}

function logFolder(config: BridgeConfig): string {
  return config.BRIDGE_LOG_DIR ?? join(homedir(), 'Library', 'Logs', 'Bluewire');
}

function installOptions(config: BridgeConfig): InstallOptions {
  const paths = pathsIn(config.BRIDGE_HOME);
  const logDir = logFolder(config);
  const { environment, kept } = mergeSettings({
    names: CARRIED,
    installed: readInstalled(),
    given: process.env,
    values: config,
  });
  return {
    platform: process.platform,
    uid: USER,
    userHome: homedir(),
    prepareHome: () => prepareHome(config.BRIDGE_HOME),
    isPaired: () => readIdentity(paths.identity) !== undefined,
    notPaired: NOT_PAIRED,
    ownNode: paths.ownNode,
    pinnedNode: findPinnedNode(process.execPath),
    program: realpathSync(process.argv[1] ?? ''),
    environment: { ...environment, BRIDGE_LOG_DIR: logDir },
    kept,
    path: process.env.PATH ?? '',
    crashFile: join(logDir, CRASH_FILE),
    isBridgeRunning: () => isRunning(paths.lock),
  };
}

/** The node that is granted access: the bridge's own where there is one, else the one that runs this. */
function grantedNode(home: string): string {
  const { ownNode } = pathsIn(home);
  return existsSync(ownNode) ? ownNode : process.execPath;
}

function statusOf(config: BridgeConfig) {
  const agentPath = agentPathIn(homedir());
  return readStatus({
    home: config.BRIDGE_HOME,
    describeChatDb: () => describeChatDb(config.BRIDGE_CHAT_DB, grantedNode(config.BRIDGE_HOME)),
    isInstalled: () => readAgent(agentPath) !== undefined,
    job: () => readJob(USER),
    isMessagesRunning: () => isMessagesRunning(USER),
    now: Date.now,
  });
}

function diagnose(config: BridgeConfig) {
  const home = pathsIn(config.BRIDGE_HOME);
  refuseUnusableHome(config.BRIDGE_HOME);
  const options: DoctorOptions = {
    platform: process.platform,
    execPath: grantedNode(config.BRIDGE_HOME),
    paths: {
      home: config.BRIDGE_HOME,
      database: home.database,
      chatDb: config.BRIDGE_CHAT_DB,
      staging: config.BRIDGE_STAGING_DIR,
    },
    readIdentity: () => readIdentity(home.identity),
    isBridgeRunning: () => isRunning(home.lock),
    reported: () => readReportedHealth(home.health),
    isFresh,
    lookAtChatDb: () => lookAtChatDb(config.BRIDGE_CHAT_DB, grantedNode(config.BRIDGE_HOME)),
    lookAtStore: () => inspectStore(home.database),
    readUpTo: () => readCursor(home.database),
    agent: () => readAgent(agentPathIn(homedir())),
    job: () => readJob(USER),
    hasGuiSession: () => hasGuiSession(USER),
    isMessagesRunning: () => isMessagesRunning(USER),
    askAccount,
    onSlow: (message) => console.error(message),
    fetch,
    now: Date.now,
  };
  return examine(options);
}
