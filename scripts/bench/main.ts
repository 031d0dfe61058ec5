// `npm run bench`: what the README claims, measured. Each row runs ours and its reference in turn, in one run.
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { writeSection } from '../docs/sections.ts';
import { measureBigDatabase } from './big-database.ts';
import { measureClaims } from './claims.ts';
import { measureDeliveries } from './deliveries.ts';
import { measureInbound } from './inbound.ts';
import { measureIngest } from './ingest.ts';
import { measureMacs } from './macs.ts';
import { measurePanel } from './panel.ts';
import { measureRoundTrip } from './round-trip.ts';
import { type BenchRow, formatRows } from './row.ts';

const MEASURES: Record<string, { help: string; measure: () => Promise<BenchRow | BenchRow[]> }> = {
  inbound: { help: 'chat.db COMMIT → MESSAGE at the webhook', measure: measureInbound },
  ingest: { help: 'POST /webhook, durable', measure: measureIngest },
  deliveries: { help: 'webhook events a second; BullMQ and pg-boss beside', measure: measureDeliveries },
  'round-trip': { help: 'POST → device → statuses at the webhook', measure: measureRoundTrip },
  macs: { help: 'a thousand Macs on one hub: memory, and waking the right one', measure: measureMacs },
  claims: { help: 'claims with a million rows in the tables, and with a thousand', measure: measureClaims },
  panel: { help: 'paging through 100,000 messages in a browser', measure: measurePanel },
  'big-database': { help: 'the bridge on a chat.db of a million messages', measure: measureBigDatabase },
};

const USAGE = `npm run bench -- [row …] [--write]

Without a row, all of them:

${Object.entries(MEASURES)
  .map(([name, { help }]) => `  ${name.padEnd(14)}${help}`)
  .join('\n')}

  --write       puts the table into the README (all rows)
  --help        this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' }, help: { type: 'boolean' } },
});
const unknown = positionals.filter((name) => !(name in MEASURES));
if (values.help || unknown.length > 0 || (values.write && positionals.length > 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const rows: BenchRow[] = [];
for (const [name, { help, measure }] of Object.entries(MEASURES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.error(`${name}: ${help}`);
  rows.push(...[await measure()].flat());
}

const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.version}`;
const table = `${formatRows(rows)}\n\nMeasured on ${machine}.`;
console.log(`\n${table}`);
if (values.write) writeSection('README.md', 'bench', table);
process.exit(0);
