import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { majorOf } from '../chat-db/columns.ts';
import { refused, type Tool } from './tool.ts';

const JPEG_START = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const JPEG_END = Buffer.from('ffd9', 'hex');
const M4A_START = Buffer.from('00000020667479704d344120000000004d3441206d70343269736f6d0000000000', 'hex');

/** A comment that says what was converted: tests recognise it by the digest of the original. */
function trace(path: string): Buffer {
  return Buffer.from(`converted from ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
}

const sips: Tool = ({ argv, cwd }) => {
  const out = argv[argv.indexOf('--out') + 1];
  const format = argv[argv.indexOf('format') + 1];
  const [input] = argv.filter(
    (word, at) =>
      !word.startsWith('-') && !['-s', 'format', '--out'].includes(argv[at - 1] ?? '') && word !== 'format',
  );
  if (input === undefined || !argv.includes('--out') || out === undefined)
    return refused('Warning: Output file not specified', 1);
  const path = resolve(cwd, input);
  if (!existsSync(path)) return refused(`Error: Cannot find or read file ${input}`, 13);
  if (format !== 'jpeg') return refused(`Error: Unsupported format ${format}`, 1);
  writeFileSync(resolve(cwd, out), Buffer.concat([JPEG_START, trace(path), JPEG_END]));
  return { stdout: `${path}\n  ${resolve(cwd, out)}\n` };
};

const afconvert: Tool = ({ argv, cwd }) => {
  const names = argv.filter(
    (word, at) => !word.startsWith('-') && !['-f', '-d', '-b'].includes(argv[at - 1] ?? ''),
  );
  const [input = '', out = ''] = names;
  const path = resolve(cwd, input);
  if (names.length !== 2) return refused('Usage: afconvert [option...] input_file [output_file]', 2);
  if (!existsSync(path)) return refused(`Error: ExtAudioFileOpenURL failed (-43)`, 1);
  writeFileSync(resolve(cwd, out), Buffer.concat([M4A_START, trace(path)]));
  return { code: 0 };
};

const swVers: Tool = ({ argv }, { version }) => {
  const product = `${majorOf(version)}.3`;
  const values: Record<string, string> = {
    productName: 'macOS',
    productVersion: product,
    buildVersion: `${majorOf(version) + 8}D60`,
  };
  const asked = (argv[0] ?? '').replace(/^--?/, '');
  if (asked === '')
    return {
      stdout: `ProductName:\t\tmacOS\nProductVersion:\t\t${product}\nBuildVersion:\t\t${values.buildVersion}\n`,
    };
  const value = values[asked];
  return value === undefined ? refused(`Usage: sw_vers`) : { stdout: `${value}\n` };
};

const pmset: Tool = ({ argv }) => {
  if (argv[0] !== '-g') return refused('Error: pmset must be run as root', 77);
  return {
    stdout:
      'System-wide power settings:\nCurrently in use:\n sleep                1 (sleep prevented by caffeinate)\n' +
      ' displaysleep         10\n disksleep            10\n womp                 1\n',
  };
};

const tccutil: Tool = ({ argv }, { state }) => {
  const [verb, service] = argv;
  if (verb !== 'reset' || service === undefined)
    return refused('Usage: tccutil reset SERVICE [BUNDLE_ID]', 64);
  if (service === 'AppleEvents' || service === 'All') state.setAutomation('unasked');
  return { stdout: `Successfully reset ${service}\n` };
};

const defaults: Tool = ({ argv }) => {
  const [, domain = '', key = ''] = argv;
  return refused(`The domain/default pair of (${domain}, ${key}) does not exist`);
};

const id: Tool = ({ argv, uid }) => {
  const { username, gid } = userInfo();
  if (argv[0] === '-u') return { stdout: `${uid}\n` };
  if (argv[0] === '-un') return { stdout: `${username}\n` };
  return { stdout: `uid=${uid}(${username}) gid=${gid}(staff)\n` };
};

export const SYSTEM = { sips, afconvert, sw_vers: swVers, pmset, tccutil, defaults, id };
