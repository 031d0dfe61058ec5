import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { signWebhook, toSeconds } from '../../hub/webhooks/sign.ts';
import { Receiver } from '../kit/receiver.ts';

const DOCUMENT = readFileSync(new URL('../../docs/verifying-webhooks.md', import.meta.url), 'utf8');
const SECRET = `whsec_${Buffer.from('a key of thirty-two bytes, or so').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another key, just as good as one').toString('base64')}`;
const BODY = JSON.stringify({ type: 'MESSAGE', message: "Grüße, “Anna” 👋 \\ ' $HOME" });

// Within the project, so that the sample finds the library.
const folder = mkdtempSync(join(fileURLToPath(new URL('../../node_modules', import.meta.url)), '.samples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sampleIn(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(DOCUMENT)?.[1];
  if (found === undefined) throw new Error(`The document has no sample in ${language}.`);
  return found;
}

interface Case {
  secret: string;
  headers: Record<string, string>;
  body: string;
}

function signed(changes: Partial<Record<string, string>> = {}, at = Date.now()): Case {
  const headers: Record<string, string> = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(toSeconds(at)),
    'webhook-signature': `${signWebhook(OTHER, 'msg_1', at, BODY)} ${signWebhook(SECRET, 'msg_1', at, BODY)}`,
  };
  return { secret: SECRET, headers: { ...headers, ...changes } as Record<string, string>, body: BODY };
}

const CASES: [name: string, isGood: boolean, make: () => Case][] = [
  ['a call with two signatures, the second of our secret', true, () => signed()],
  ['a changed body', false, () => ({ ...signed(), body: BODY.replace('Anna', 'Bert') })],
  ['another id', false, () => signed({ 'webhook-id': 'msg_2' })],
  ['another secret', false, () => ({ ...signed(), secret: `whsec_${Buffer.from('no').toString('base64')}` })],
  ['a call of ten minutes ago', false, () => signed({}, Date.now() - 600_000)],
  ['a signature of another version', false, () => signed({ 'webhook-signature': 'v2,AAAA' })],
  ['an empty signature', false, () => signed({ 'webhook-signature': '' })],
];

/** How a sample is run: its file, what is written behind it, and the interpreter. It prints the event's message, or fails. */
const HARNESS = {
  'js library': {
    file: 'library.mjs',
    command: process.execPath,
    call: `const { secret, headers, body } = JSON.parse(process.env.CASE);
           console.log(verify(secret, headers, Buffer.from(body)).message);`,
  },
  js: {
    file: 'by-hand.mjs',
    command: process.execPath,
    call: `const { secret, headers, body } = JSON.parse(process.env.CASE);
           console.log(verify(secret, headers, Buffer.from(body)).message);`,
  },
  python: {
    file: 'sample.py',
    command: 'python3',
    call: `
import os, sys
case = json.loads(os.environ["CASE"])
sys.stdout.reconfigure(encoding="utf-8")
print(verify(case["secret"], case["headers"], case["body"].encode())["message"])`,
  },
  php: {
    file: 'sample.php',
    command: 'php',
    call: `
$case = json_decode(getenv('CASE'), true);
echo verify($case['secret'], $case['headers'], $case['body'])['message'], "\\n";`,
  },
} as const;

function isThere(command: string, question = '--version'): boolean {
  return spawnSync(command, [question]).status === 0;
}

for (const [language, { file, command, call }] of Object.entries(HARNESS)) {
  describe.skipIf(!isThere(command))(`the sample in ${language} (needs ${command})`, () => {
    const path = join(folder, file);
    writeFileSync(path, `${sampleIn(language)}\n${call}\n`);

    test.each(CASES)('%s: taken %s', (_name, isGood, make) => {
      const env = { ...process.env, CASE: JSON.stringify(make()) };
      const { status, stdout } = spawnSync(command, [path], { env, encoding: 'utf8' });
      expect({ isGood: status === 0, said: stdout.trim() }).toEqual({
        isGood,
        said: isGood ? JSON.parse(BODY).message : '',
      });
    });
  });
}

describe.skipIf(!isThere('openssl', 'version') || !isThere('curl'))(
  'the sample with curl (needs curl and openssl)',
  () => {
    test('signs as the hub does', async () => {
      await using receiver = await Receiver.start();
      const arrived = receiver.nextCall(() => true);
      writeFileSync(join(folder, 'sample.sh'), sampleIn('sh'));
      const env = { ...process.env, SECRET, URL: receiver.url, BODY };
      await promisify(execFile)('sh', [join(folder, 'sample.sh')], { env });
      await arrived;
      const [call] = receiver.calls;
      const at = Number(call?.headers['webhook-timestamp']) * 1_000;
      const id = String(call?.headers['webhook-id']);
      expect(call?.raw).toBe(BODY);
      expect(call?.headers['webhook-signature']).toBe(signWebhook(SECRET, id, at, BODY));
    });
  },
);
