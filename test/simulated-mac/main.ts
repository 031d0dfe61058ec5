import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { listBehaviours } from './behaviours.ts';
import { MACOS_VERSIONS, type MacosVersion } from './chat-db/columns.ts';
import { askSimulatedMac } from './control-channel.ts';
import { isServed, serveControl } from './control-server.ts';
import { listHappenings } from './messages/happenings.ts';
import { SimulatedMac } from './simulated-mac.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DEFAULT_HOME = process.env.SIMULATED_MAC_HOME || join(ROOT, 'data/simulated-mac');

interface Home {
  readonly home: string;
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number, 0 or more.');
  return value;
}

function listed(title: string, entries: readonly (readonly [string, string])[]): string {
  const lines = entries.map(([name, help]) => `  ${name.padEnd(30)} ${help}`);
  return `\n${title}:\n${lines.join('\n')}`;
}

function homeOption(): Option {
  return new Option('--home <dir>', 'home folder of the simulated Mac ($SIMULATED_MAC_HOME)').default(
    DEFAULT_HOME,
  );
}

interface StartCommand extends Home {
  readonly macos: MacosVersion;
  readonly pace: number;
  readonly sms: boolean;
  readonly untilStdinEnds?: boolean;
}

/** Runs until SIGTERM or SIGINT; prints one line when osascript and the commands may come. */
async function start(options: StartCommand): Promise<void> {
  const home = resolve(options.home);
  if (await isServed(home)) throw new Error(`A simulated Mac already runs in ${home}.`);
  const mac = new SimulatedMac({ ...options, home });
  const server = await serveControl(home, mac);
  console.log(`The simulated Mac (${options.macos}) is ready. Home: ${home}`);
  const stop = async () => {
    process.stdin.destroy();
    await server[Symbol.asyncDispose]();
    mac.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
  if (options.untilStdinEnds) process.stdin.resume().once('end', () => void stop());
}

async function ask(
  options: Home,
  request: Readonly<Record<string, unknown>> & { op: string },
): Promise<unknown> {
  return askSimulatedMac(resolve(options.home), request);
}

const program = new Command('simulated-mac')
  .description(
    'Stands in for Messages.app where there is no Mac: a chat.db, an osascript, and people who write to it.',
  )
  .showHelpAfterError();

program
  .command('start')
  .description('run a simulated Mac in the foreground')
  .addOption(homeOption())
  .addOption(
    new Option('--macos <version>', 'whose chat.db columns').choices([...MACOS_VERSIONS]).default('tahoe-26'),
  )
  .option('--pace <factor>', 'factor on its delays: 1 real and brisk, 0 at once', number, 1)
  .option('--until-stdin-ends', 'end with whoever started it and holds its stdin')
  .option('--no-sms', 'without Text Message Forwarding: no SMS account')
  .action(start);

program
  .command('receive')
  .description('make it receive a message')
  .addOption(homeOption())
  .requiredOption('--from <address>', 'sender: +12145550100 or an e-mail address')
  .option('--text <text>', 'what it says', '')
  .option('--attachment <file>', 'a file that comes with it')
  .addOption(new Option('--service <service>').choices(['iMessage', 'SMS', 'RCS']).default('iMessage'))
  .option('--chat <id>', 'in this group, e.g. chat831234567890123456')
  .option('--chat-name <name>', 'name of the group, when it is new')
  .option('--effect <id>', 'e.g. com.apple.messages.effect.CKConfettiEffect')
  .option('--reply-to <guid>', 'the message it answers')
  .action(async ({ home, ...message }: Home & Record<string, unknown>) => {
    const attachment =
      typeof message.attachment === 'string' ? { attachment: resolve(message.attachment) } : {};
    const { rowid, guid } = (await ask(
      { home },
      { op: 'receive', message: { ...message, ...attachment } },
    )) as {
      rowid: number;
      guid: string;
    };
    console.log(`Received. ROWID ${rowid}, guid ${guid}`);
  });

program
  .command('behave')
  .description('make sends to somebody, or messages from them, go differently')
  .addOption(homeOption())
  .requiredOption('--recipient <address>', 'a number, an e-mail address, a group, or * for all')
  .argument('<behaviour>', 'one of the list below')
  .option('--count <n>', 'only so many times', number)
  .addHelpText('after', listed('Behaviours', listBehaviours()))
  .action(async (behaviour: string, options: Home & { recipient: string; count?: number }) => {
    await ask(options, { op: 'behave', recipient: options.recipient, behaviour, count: options.count });
    console.log(`${options.recipient}: ${behaviour}`);
  });

program
  .command('happen')
  .description('let something else happen in Messages')
  .addOption(homeOption())
  .argument('<happening>', 'one of the list below')
  .option('--with <address>', 'the person it happens with')
  .option('--text <text>', 'the words, where there are any')
  .option('--guid <guid>', 'a message other than the last one')
  .option('--chat <id>', 'a group')
  .option('--about <address>', 'another person it is about')
  .option('--me', 'the owner does it')
  .option('--type <number>', 'kind of tapback', number)
  .option('--part <number>', 'part of the message', number)
  .option('--emoji <emoji>', 'of a tapback')
  .option('--count <n>', 'how many', number)
  .option('--every-ms <ms>', 'time between one and the next', number)
  .option('--table <name>', 'message, attachment or chat')
  .option('--cells <json>', 'columns and their values', (text) => JSON.parse(text) as unknown)
  .option('--macos <version>', 'a newer macOS')
  .addHelpText('after', listed('Happenings', listHappenings()))
  .action(async (happening: string, { home, ...event }: Home & Record<string, unknown>) => {
    const guids = (await ask({ home }, { op: 'happen', event: { happening, ...event } })) as string[];
    console.log([happening, ...guids].join(' '));
  });

program
  .command('tool')
  .description('make a tool of macOS, or one subcommand of it, fail or hang')
  .addOption(homeOption())
  .argument('<tool>', 'such as sips, or "launchctl bootstrap"')
  .option('--stderr <words>', 'what it says', '')
  .option('--code <number>', 'its exit status', number, 1)
  .option('--hangs', 'it never ends')
  .option('--normal', 'it works again')
  .option('--count <n>', 'only so many times', number)
  .action(async (tool: string, { home, count, ...how }: Home & Record<string, unknown>) => {
    const fault = how.normal ? 'normal' : how.hangs ? 'hangs' : { code: how.code, stderr: `${how.stderr}\n` };
    await ask({ home }, { op: 'tool-fault', tool, fault, count });
    console.log(`${tool}: ${JSON.stringify(fault)}`);
  });

for (const [name, description] of [
  ['sent', 'print what really left, one JSON line each'],
  ['calls', 'print the osascript calls seen, one JSON line each'],
  ['tool-calls', 'print the calls of other tools seen, one JSON line each'],
] as const) {
  program
    .command(name)
    .description(description)
    .addOption(homeOption())
    .action(async (options: Home) => {
      for (const record of (await ask(options, { op: name })) as unknown[])
        console.log(JSON.stringify(record));
    });
}

program
  .command('status')
  .description('print what it is and what it has done')
  .addOption(homeOption())
  .action(async (options: Home) =>
    console.log(JSON.stringify(await ask(options, { op: 'status' }), null, 2)),
  );

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
