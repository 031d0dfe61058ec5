#!/usr/bin/env node
import { Command } from 'commander';
import { describeConfig } from '../shared/runtime/config-table.ts';
import { createLog } from '../shared/runtime/log.ts';
import { runMain, whenAborted } from '../shared/runtime/run-main.ts';
import { VERSION } from '../shared/version.ts';
import { HUB_SETTINGS, readHubConfig } from './config.ts';
import { startHub } from './hub.ts';

new Command('bluewire-hub')
  .description('The hub of Bluewire: takes messages from client systems and brings them to devices.')
  .version(VERSION)
  .addHelpText('after', `\nConfiguration is by environment variables:\n${describeConfig(HUB_SETTINGS)}`)
  .parse();

await runMain(async (signal) => {
  const config = readHubConfig(process.env);
  const log = createLog('hub', config.LOG_LEVEL);
  await using _hub = await startHub(config, { log });
  await whenAborted(signal);
  log.info('stopping');
});
