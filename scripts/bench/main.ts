// `npm run bench`: what the README claims, measured. Each row runs ours and its reference in turn, in one run.
// `-- --write` puts the table into the README.
import { cpus, totalmem } from 'node:os';
import { writeSection } from '../docs/sections.ts';
import { measureBigDatabase } from './big-database.ts';
import { measureInbound } from './inbound.ts';
import { measureIngest } from './ingest.ts';
import { type BenchRow, formatRows } from './row.ts';

const rows: BenchRow[] = [];
for (const measure of [measureInbound, measureIngest]) rows.push(await measure());
rows.push(...(await measureBigDatabase()));

const [cpu] = cpus();
const machine = `${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.version}`;
const table = `${formatRows(rows)}\n\nMeasured on ${machine}.`;
console.log(`\n${table}`);
if (process.argv.includes('--write')) writeSection('README.md', 'bench', table);
process.exit(0);
