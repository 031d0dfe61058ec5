#!/usr/bin/env node
import { Command } from 'commander';
import { describeConfig, readConfig } from '../shared/runtime/config-table.ts';
import { runMain } from '../shared/runtime/run-main.ts';
import { VERSION } from '../shared/version.ts';
import { describeChatDb } from './chat-db/describe.ts';
import { BRIDGE_SETTINGS } from './config.ts';
import { pairWithHub } from './pair.ts';
import { runBridge } from './run.ts';
import { describeStatus } from './status.ts';

const config = () => readConfig(BRIDGE_SETTINGS, process.env);

await runMain(async (signal) => {
  const program = new Command('bluewire-bridge')
    .description("Bluewire's bridge: connects Messages on this Mac to a Bluewire hub.")
    .version(VERSION)
    .addHelpText('after', `\nConfiguration, by environment variables:\n${describeConfig(BRIDGE_SETTINGS)}`);
  program
    .command('pair <hub-url> <code>')
    .description('trade a one-time code from the hub for this Mac’s credential')
    .action(async (hubUrl: string, code: string) => {
      console.log(await pairWithHub(config().BRIDGE_HOME, hubUrl, code, Date.now));
    });
  program
    .command('run')
    .description('send and receive until stopped')
    .action(() => runBridge(config(), signal));
  program
    .command('status')
    .description('say how this Mac stands')
    .action(() => {
      const settings = config();
      console.log(describeStatus(settings, describeChatDb(settings.BRIDGE_CHAT_DB, process.execPath)));
    });
  await program.parseAsync();
});
