// `npm run soak -- bridge`: a long storm with a seed. Ends with 1, the seed and what went wrong when anything did.
import { Command, InvalidArgumentError } from 'commander';
import { type SoakOptions, soakBridge } from './bridge/soak.ts';

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

const program = new Command('soak').description('Mixes everything that can go wrong, for as long as wanted.');

program
  .command('bridge')
  .description('a real bridge between the simulated Mac and a stand-in hub, killed every few seconds')
  .option('--minutes <n>', 'how long the storm lasts', positive, 10)
  .option('--seed <n>', 'the same number makes the same choices', positive, Date.now() % 1_000_000)
  .action(async (options: SoakOptions) => {
    const faults = await soakBridge(options);
    for (const fault of faults) console.error(`✗ ${fault}`);
    if (faults.length > 0)
      console.error(`Again: npm run soak -- bridge --minutes ${options.minutes} --seed ${options.seed}`);
    process.exitCode = faults.length > 0 ? 1 : 0;
  });

await program.parseAsync();
