// `npm run soak -- bridge` or `-- hub`: a long storm with a seed. Ends with 1, the seed and what went wrong when anything did.
import { Command, InvalidArgumentError, Option } from 'commander';
import { type SoakOptions, soakBridge } from './bridge/soak.ts';
import { type HubSoakOptions, soakHub } from './hub/soak.ts';

const MOST_OF_A_KIND = 5;

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function whole(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}

/** Runs a soak to its verdict; `again` is how to have the same storm once more. */
async function conclude(again: string, soak: () => Promise<string[]>): Promise<void> {
  const faults = await soak().catch((error: unknown) => {
    console.error(error);
    return ['the soak itself came to no end'];
  });
  // The same fault a thousand times must not hide another.
  for (const alike of Map.groupBy(faults, kindOf).values()) {
    for (const fault of alike.slice(0, MOST_OF_A_KIND)) console.error(`✗ ${fault}`);
    if (alike.length > MOST_OF_A_KIND) console.error(`  … and ${alike.length - MOST_OF_A_KIND} more like it`);
  }
  if (faults.length > 0) console.error(`Again: npm run soak -- ${again}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

/** A fault without what it happened to: names with digits in them. */
function kindOf(fault: string): string {
  return fault.replace(/\S*\d\S*/g, '#').replace(/(# ?)+/g, '# ');
}

/** A command with what every soak may be told. */
function soak(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--minutes <n>', 'how long the storm lasts', positive, 10)
    .option('--seed <n>', 'the same number makes the same choices', positive, Date.now() % 1_000_000);
}

const bridge = soak(
  'bridge',
  'a real bridge between the simulated Mac and a stand-in hub, killed every few seconds',
).action((options: SoakOptions) =>
  conclude(`bridge --minutes ${options.minutes} --seed ${options.seed}`, () => soakBridge(options)),
);

const hub = soak('hub', 'real hubs between stand-in clients and devices, killed every few seconds')
  .addOption(
    new Option('--database <name>', 'what it stores in').choices(['sqlite', 'postgres']).default('sqlite'),
  )
  .option('--hubs <n>', 'hubs on one Postgres', whole, 1)
  .option('--rate <n>', 'messages a second, both ways', positive, 60)
  .action(async (options: HubSoakOptions, command: Command) => {
    const { minutes, seed, database, hubs, rate } = options;
    if (hubs > 1 && database === 'sqlite') command.error('Several hubs need --database postgres.');
    const again = `hub --minutes ${minutes} --seed ${seed} --database ${database} --hubs ${hubs} --rate ${rate}`;
    await conclude(again, () => soakHub(options));
  });

await new Command('soak')
  .description('Mixes everything that can go wrong, for as long as wanted.')
  .addCommand(bridge)
  .addCommand(hub)
  .parseAsync();
