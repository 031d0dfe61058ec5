import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../kit/wait.ts';
import { listBehaviours, parseBehaviour } from './behaviours.ts';
import { MACOS_VERSIONS, majorOf } from './chat-db/columns.ts';
import { type SimulatedMac, startSimulatedMac } from './client.ts';

const ANNA = '+12145550100';
const PACE = 0.05;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the simulated Mac's osascript as programs do: without a shell. */
function osascript(
  mac: SimulatedMac,
  args: string[],
  options: { stdin?: string; kill?: AbortSignal } = {},
): Promise<Ended> {
  return new Promise((done) => {
    const child = spawn(join(mac.home, 'bin/osascript'), args, { env: {} });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdin.end(options.stdin ?? '');
    options.kill?.addEventListener('abort', () => child.kill('SIGTERM'));
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

const SEND = `on run argv
  with timeout of 20 seconds
    tell application "Messages"
      set theAccount to 1st account whose service type = iMessage
      send (item 1 of argv) to participant (item 2 of argv) of theAccount
    end tell
  end timeout
end run`;
const SEND_SMS = SEND.replace('= iMessage', '= SMS');

function send(mac: SimulatedMac, text: string, to = ANNA, script = SEND, kill?: AbortSignal): Promise<Ended> {
  return osascript(mac, ['-e', script, text, to], kill === undefined ? {} : { kill });
}

type Row = Record<string, unknown>;

/** A reader of its own connection, as the bridge has one. */
class Reader implements Disposable {
  readonly #db: Database.Database;
  constructor(mac: SimulatedMac) {
    this.#db = new Database(mac.chatDb, { readonly: true });
  }
  rows(sql = 'SELECT * FROM message ORDER BY ROWID'): Row[] {
    return this.#db.prepare(sql).all() as Row[];
  }
  last(): Row {
    return (
      this.rows(
        'SELECT m.*, (SELECT count(*) FROM chat_message_join WHERE message_id = m.ROWID) AS joins FROM message m ORDER BY ROWID DESC LIMIT 1',
      )[0] ?? {}
    );
  }
  [Symbol.dispose](): void {
    this.#db.close();
  }
}

const shared = await startSimulatedMac({ pace: PACE });
afterAll(() => shared[Symbol.asyncDispose]());

/** A number nobody used yet, so that tests on the shared simulated Mac do not meet. */
let people = 0;
function somebody(): string {
  people += 1;
  return `+1214555${String(2000 + people)}`;
}

function rowFor(reader: Reader, address: string): Row {
  const sql = `SELECT m.*, (SELECT count(*) FROM chat_message_join WHERE message_id = m.ROWID) AS joins
    FROM message m JOIN handle h ON h.ROWID = m.handle_id WHERE h.id = '${address}' ORDER BY m.ROWID DESC LIMIT 1`;
  return reader.rows(sql)[0] ?? {};
}

describe('sending by osascript', () => {
  test.concurrent.each(MACOS_VERSIONS)(
    'on %s a text gets a row, a chat, then its flags, and a reply arrives',
    async (macos) => {
      await using mac = await startSimulatedMac({ macos, pace: PACE });
      expect(await send(mac, 'Hello 👋')).toEqual({ code: 0, stdout: '', stderr: '' });
      using reader = new Reader(mac);
      await waitFor('delivery', () => reader.last().is_delivered === 1);
      expect(reader.last()).toMatchObject({
        text: null,
        is_sent: 1,
        is_finished: 1,
        error: 0,
        service: 'iMessage',
        joins: 1,
      });
      expect(String(reader.last().attributedBody)).toContain('Hello 👋');
      const { rowid, guid } = await mac.receive({ from: ANNA, text: 'Hi' });
      await waitFor('the join', () => reader.last().joins === 1);
      expect(reader.last()).toMatchObject({ ROWID: rowid, guid, is_from_me: 0, is_sent: 0, is_delivered: 1 });
      const prefix = majorOf(macos) >= 26 ? 'any' : 'iMessage';
      expect(reader.rows('SELECT guid, service_name FROM chat')).toEqual([
        { guid: `${prefix};-;${ANNA}`, service_name: 'iMessage' },
      ]);
      expect(await mac.sent()).toMatchObject([
        { recipient: ANNA, text: 'Hello 👋', service: 'iMessage', rowid: 1 },
      ]);
    },
  );

  test('a reader sees the row, its join, is_sent and is_delivered in that order only', async () => {
    const [mac, person] = [shared, somebody()];
    using reader = new Reader(mac);
    const seen: string[] = [];
    await send(mac, 'watched', person);
    await waitFor('delivery', () => {
      const row = rowFor(reader, person);
      const state = `${row.ROWID === undefined ? 0 : 1}${row.joins ?? 0}${row.is_sent ?? 0}${row.is_delivered ?? 0}`;
      if (seen.at(-1) !== state) seen.push(state);
      return state === '1111';
    });
    const all = ['0000', '1000', '1100', '1110', '1111'];
    expect(all).toEqual(expect.arrayContaining(seen));
    expect(seen).toEqual([...seen].sort());
  });

  test('osascript reads scripts from -e, from a file and from stdin, and run-applescript’s stray empty argument does no harm', async () => {
    const file = join(shared.home, 'script.applescript');
    writeFileSync(file, 'on run argv\nreturn "file " & item 1 of argv\nend run');
    expect((await osascript(shared, ['-e', 'return', '-e', '1 + 1'])).code).toBe(0);
    expect((await osascript(shared, ['-e', 'set x to 1', '-e', 'return x + 1', ''])).stdout).toBe('2\n');
    expect((await osascript(shared, [file, 'one'])).stdout).toBe('file one\n');
    expect(
      (await osascript(shared, ['-', 'two'], { stdin: 'on run argv\nreturn item 1 of argv\nend run' }))
        .stdout,
    ).toBe('two\n');
    expect((await osascript(shared, ['-ss', '-e', 'return {"a", 1}'])).stdout).toBe('{"a", 1}\n');
    expect(await osascript(shared, ['-so', '-e', 'return x'])).toMatchObject({ code: 1, stderr: '' });
    expect((await osascript(shared, ['nowhere.scpt'])).code).toBe(1);
    expect((await osascript(shared, ['-l', 'JavaScript', '-e', '1'])).code).toBe(1);
  });

  test('errors are printed as osascript prints them, with the place, the application and the number', async () => {
    expect((await osascript(shared, ['-e', 'return nobody'])).stderr).toBe(
      '7:13: execution error: The variable nobody is not defined. (-2753)\n',
    );
    expect((await osascript(shared, ['-e', 'set x to'])).stderr).toMatch(
      /^8:8: syntax error: .* \(-2741\)\n$/,
    );
    const chat = await osascript(shared, [
      '-e',
      'tell application "Messages" to send "x" to chat id "no such"',
    ]);
    expect(chat).toMatchObject({ code: 1, stdout: '' });
    expect(chat.stderr).toMatch(
      /: execution error: Messages got an error: Can’t get chat id "no such"\. \(-1728\)\n$/,
    );
  });

  test('a chat id reaches only chats in which a message arrived, by their exact guid', async () => {
    const person = somebody();
    const toChat = (guid: string) =>
      osascript(shared, ['-e', `tell application "Messages" to send "x" to chat id "${guid}"`]);
    await send(shared, 'first', person);
    using reader = new Reader(shared);
    await waitFor('the chat', () => rowFor(reader, person).joins === 1);
    expect((await toChat(`any;-;${person}`)).stderr).toContain('(-1728)');
    const { rowid } = await shared.receive({ from: person, text: 'hi' });
    await waitFor(
      'the join',
      () => rowFor(reader, person).ROWID === rowid && rowFor(reader, person).joins === 1,
    );
    expect((await toChat(`any;-;${person}`)).code).toBe(0);
    expect((await toChat(`iMessage;-;${person}`)).stderr).toContain('(-1728)');
    await shared.happen({ happening: 'forget-chats' });
    expect((await toChat(`any;-;${person}`)).stderr).toContain('(-1728)');
  });

  test('a participant always resolves; only the row says that nobody was there', async () => {
    using reader = new Reader(shared);
    for (const address of ['not an address', '2145550100']) {
      expect((await send(shared, 'x', address)).code).toBe(0);
      await waitFor('error 22', () => rowFor(reader, address.replaceAll(' ', '')).error === 22);
    }
    expect((await shared.sent()).map(({ recipient }) => recipient)).not.toContain('2145550100');
  });

  test('what Messages refuses has its number: a disabled account, a wrong target, a missing one, a read-only property', async () => {
    const numbers = async (line: string) =>
      /\((-\d+)\)/.exec(
        (await osascript(shared, ['-e', `tell application "Messages"\n${line}\nend tell`])).stderr,
      )?.[1];
    expect(
      await numbers('send "x" to participant "+12145550100" of (1st account whose service type = RCS)'),
    ).toBe('-1728');
    expect(await numbers('send "x" to 1st account whose service type = iMessage')).toBe('-1700');
    expect(await numbers('send {1, {2}} to participant "a" of account 1')).toBe('-1700');
    expect(await numbers('get 1st account whose description is "none"')).toBe('-1719');
    expect(await numbers('get account 9')).toBe('-1719');
    expect(await numbers('set enabled of account 1 to false')).toBe('-10006');
    expect(await numbers('send "x" to participant "+12145550100"')).toBe('-1728');
    expect(await numbers('get chats of nothing')).toBe('-2753');
    expect(await numbers('send "x"')).toBe('-1700');
    expect(await numbers('greet()')).toBe('-1708');
    await using old = await startSimulatedMac({ macos: 'monterey-12', pace: 0, sms: false });
    const onOld = async (line: string) =>
      (await osascript(old, ['-e', `tell application id "com.apple.MobileSMS"\n${line}\nend tell`])).stderr;
    expect(await onOld('get 1st service whose service type = RCS')).toContain('(-2753)');
    expect(await onOld('get 1st service whose service type = SMS')).toContain('(-1719)');
    expect(
      await onOld('send "x" to buddy "+12145550100" of (1st service whose service type = iMessage)'),
    ).toBe('');
  });

  test('scripts can look at Messages: accounts, services, names, whether it runs', async () => {
    const ask = async (script: string) => (await osascript(shared, ['-e', script])).stdout.trim();
    expect(await ask('return application "Messages" is running')).toBe('true');
    expect(await ask('tell application "Messages" to get name')).toBe('Messages');
    expect(await ask('tell application "Messages" to count of (every account whose enabled is true)')).toBe(
      '2',
    );
    expect(await ask('tell application "Messages" to get service type of every account')).toBe(
      'iMessage, SMS, RCS',
    );
    expect(await ask('tell application "Messages" to exists chat id "none"')).toBe('false');
    expect(await ask('tell application "Messages" to return (service type of account 1) is iMessage')).toBe(
      'true',
    );
    expect(
      await ask('tell application "Messages"\nquit\nend tell\nreturn application "Messages" is not running'),
    ).toBe('true');
    expect(await ask('tell application "Messages" to launch\nreturn running of application "Messages"')).toBe(
      'true',
    );
  });
});

describe('behaviours of a recipient', () => {
  const reading = () => new Reader(shared);

  test('not on iMessage: error 22 later, nothing sent; by SMS it goes, without a delivery receipt', async () => {
    const person = somebody();
    using reader = reading();
    await shared.behave(person, 'not-on-imessage');
    expect((await send(shared, 'x', person)).code).toBe(0);
    await waitFor('error 22', () => rowFor(reader, person).error === 22);
    expect(rowFor(reader, person)).toMatchObject({ is_sent: 0, is_finished: 1, is_delivered: 0 });
    await send(shared, 'y', person, SEND_SMS);
    await waitFor('sent', () => rowFor(reader, person).is_sent === 1);
    expect(rowFor(reader, person)).toMatchObject({
      service: 'SMS',
      is_delivered: 0,
      error: 0,
      date_delivered: 0,
    });
    expect((await shared.sent()).filter(({ recipient }) => recipient === person)).toMatchObject([
      { text: 'y', service: 'SMS' },
    ]);
  });

  const OUTCOMES: [behaviour: string, error: string, leaves: number][] = [
    ['no-such-object', '(-1728)', 0],
    ['automation-denied', '(-1743)', 0],
    ['not-running', '(-600)', 0],
    ['connection-lost', '(-609)', 0],
    ['connection-lost-although-sent', '(-609)', 1],
    ['times-out', '(-1712)', 0],
    ['times-out-although-sent', '(-1712)', 1],
    ['ghost-row', '', 0],
    ['no-row', '', 0],
    ['late-row-300', '', 1],
    ['slow-answer-100', '', 1],
    ['downgraded-to-sms', '', 1],
    ['never-delivered', '', 1],
    ['delivered-quietly', '', 1],
    ['read-receipt', '', 1],
    ['late-join-200', '', 1],
    ['late-delivery-200', '', 1],
  ];
  test.concurrent.each(OUTCOMES)('%s: osascript says %j, %i leave', async (behaviour, error, leaves) => {
    const person = somebody();
    await shared.behave(person, behaviour, 1);
    const ended = await send(shared, 'first', person);
    expect(ended.stderr).toContain(error);
    expect(ended.code).toBe(error === '' ? 0 : 1);
    // The behaviour was for one send; the second goes the normal way and marks the time by which the first has ended.
    await send(shared, 'second', person);
    const left = async () =>
      (await shared.sent()).filter(({ recipient }) => recipient === person).map(({ text }) => text);
    await waitFor('the second', async () => (await left()).includes('second'));
    if (leaves === 1) await waitFor('the first', async () => (await left()).includes('first'));
    expect((await left()).sort()).toEqual(leaves === 1 ? ['first', 'second'] : ['second']);
  });

  test('the rows of the exceptional fates look as they do on a Mac', async () => {
    const people = {
      downgraded: somebody(),
      quiet: somebody(),
      read: somebody(),
      failed: somebody(),
      ghost: somebody(),
    };
    await shared.behave(people.downgraded, 'downgraded-to-sms');
    await shared.behave(people.quiet, 'delivered-quietly');
    await shared.behave(people.read, 'read-receipt');
    await shared.behave(people.failed, 'sent-error-6');
    await shared.behave(people.ghost, 'ghost-row');
    for (const person of Object.values(people)) await send(shared, 'x', person);
    using reader = reading();
    await waitFor('downgrade', () => rowFor(reader, people.downgraded).was_downgraded === 1);
    expect(rowFor(reader, people.downgraded)).toMatchObject({ service: 'SMS', is_sent: 1, error: 0 });
    await waitFor('quiet delivery', () => rowFor(reader, people.quiet).was_delivered_quietly === 1);
    await waitFor('reading', () => Number(rowFor(reader, people.read).date_read) > 0);
    await waitFor('failure', () => rowFor(reader, people.failed).error === 6);
    await waitFor('ghost', () => rowFor(reader, people.ghost).ROWID !== undefined);
    expect(rowFor(reader, people.ghost)).toMatchObject({
      text: null,
      attributedBody: null,
      service: 'SMS',
      joins: 0,
      is_from_me: 1,
    });
  });

  test('an osascript that hangs is killed by its caller; whether the message left depends on the behaviour alone', async () => {
    const [silent, sent] = [somebody(), somebody()];
    await shared.behave(silent, 'hangs');
    await shared.behave(sent, 'hangs-although-sent');
    const kill = new AbortController();
    const sends = [send(shared, 'x', silent, SEND, kill.signal), send(shared, 'x', sent, SEND, kill.signal)];
    const outcomes = async (people: string[]) =>
      (await shared.calls())
        .filter(({ argv }) => people.some((one) => argv.includes(one)))
        .map(({ outcome }) => outcome);
    await waitFor('both to hang', async () => (await outcomes([silent, sent])).length === 2);
    kill.abort();
    const ended = await Promise.all(sends);
    expect(ended.map(({ code }) => code)).toEqual([null, null]);
    await waitFor('the sent one', async () =>
      (await shared.sent()).some(({ recipient }) => recipient === sent),
    );
    expect((await shared.sent()).some(({ recipient }) => recipient === silent)).toBe(false);
    await waitFor('the end', async () =>
      (await outcomes([silent, sent])).every((outcome) => outcome === 'killed'),
    );
  });

  test('what is set for sends is not used up by a message that arrives', async () => {
    const person = somebody();
    await shared.behave(person, 'no-such-object', 1);
    await shared.behave(person, 'undecodable-body', 1);
    const { guid } = await shared.receive({ from: person, text: 'grüezi' });
    using reader = reading();
    expect(String(reader.rows(`SELECT * FROM message WHERE guid = '${guid}'`)[0]?.attributedBody)).toContain(
      'gr??ezi',
    );
    expect((await send(shared, 'x', person)).stderr).toContain('(-1728)');
    expect((await send(shared, 'x', person)).code).toBe(0);
  });

  test('what is set for everybody stops every Apple event, reading ones too', async () => {
    await using mac = await startSimulatedMac({ pace: PACE });
    await mac.behave('*', 'automation-denied');
    expect((await osascript(mac, ['-e', 'tell application "Messages" to count accounts'])).stderr).toContain(
      '(-1743)',
    );
    await mac.behave('*', 'not-running');
    expect((await osascript(mac, ['-e', 'tell application "Messages" to count accounts'])).stderr).toContain(
      '(-600)',
    );
    await mac.behave('*', 'normal');
    expect((await osascript(mac, ['-e', 'tell application "Messages" to count accounts'])).stdout).toBe(
      '3\n',
    );
  });

  test('an unknown behaviour is refused with the list of those there are', async () => {
    await expect(shared.behave(ANNA, 'kind')).rejects.toThrow(
      /There is no behaviour "kind".*not-on-imessage/,
    );
    expect(() => parseBehaviour('late-row-soon')).toThrow();
    expect(parseBehaviour('late-row-20')).toEqual({ name: 'late-row', amount: 20 });
    for (const [spelling] of listBehaviours())
      expect(parseBehaviour(spelling.replace(/<.*>/, '7')).name).toBeTruthy();
  });
});

describe('groups and files', () => {
  test('on macOS 26 a group is reached by any;+; and swallowed by any;-;', async () => {
    const group = 'chat100200300400500';
    await shared.receive({ from: somebody(), text: 'to all', chat: group, members: [somebody()] });
    const to = (guid: string, text: string) =>
      osascript(shared, ['-e', `tell application "Messages" to send "${text}" to chat id "${guid}"`]);
    await waitFor('the chat', async () => (await to(`any;+;${group}`, 'right')).code === 0);
    expect((await to(`any;-;${group}`, 'wrong')).code).toBe(0);
    await waitFor('the right one', async () => (await shared.sent()).some(({ text }) => text === 'right'));
    expect((await shared.sent()).some(({ text }) => text === 'wrong')).toBe(false);
    using reader = new Reader(shared);
    expect(reader.rows(`SELECT style, room_name FROM chat WHERE chat_identifier = '${group}'`)).toEqual([
      { style: 43, room_name: group },
    ]);
    const [inGroup] = reader.rows(
      `SELECT cache_roomnames FROM message WHERE is_from_me = 0 AND cache_roomnames IS NOT NULL`,
    );
    expect(inGroup).toEqual({ cache_roomnames: group });
  });

  test('a file goes out from a folder that Messages may read; elsewhere its row gets error 25', async () => {
    const script = (path: string, person: string) => `set f to POSIX file "${path}" as alias
      tell application "Messages" to send f to participant "${person}" of (1st account whose service type = iMessage)`;
    const staging = join(shared.home, 'Library/Messages/Attachments/Bluewire/x');
    mkdirSync(staging, { recursive: true });
    const [good, bad] = [join(staging, 'photo.jpg'), join(shared.home, 'photo.jpg')];
    for (const path of [good, bad]) writeFileSync(path, 'jpeg');
    const [anna, bert] = [somebody(), somebody()];
    expect((await osascript(shared, ['-e', script(good, anna)])).code).toBe(0);
    expect((await osascript(shared, ['-e', script(bad, bert)])).code).toBe(0);
    expect((await osascript(shared, ['-e', script(join(staging, 'gone.jpg'), anna)])).stderr).toContain(
      '(-43)',
    );
    using reader = new Reader(shared);
    await waitFor('delivery', () => rowFor(reader, anna).is_delivered === 1);
    await waitFor('error 25', () => rowFor(reader, bert).error === 25);
    expect(rowFor(reader, anna)).toMatchObject({ cache_has_attachments: 1, is_sent: 1 });
    expect((await shared.sent()).filter(({ file }) => file !== null)).toMatchObject([
      { recipient: anna, file: good },
    ]);
  });

  test('a file that arrives is announced first and complete only when transfer_state is 5', async () => {
    const source = join(shared.home, 'picture.png');
    writeFileSync(source, 'x'.repeat(5000));
    const { guid } = await shared.receive({ from: somebody(), text: 'look', attachment: source });
    using reader = new Reader(shared);
    const attachment = () =>
      reader.rows(`SELECT a.* FROM attachment a JOIN message_attachment_join j ON j.attachment_id = a.ROWID
        JOIN message m ON m.ROWID = j.message_id WHERE m.guid = '${guid}'`)[0];
    await waitFor('the transfer', () => attachment()?.transfer_state === 5);
    expect(attachment()).toMatchObject({
      transfer_name: 'picture.png',
      total_bytes: 5000,
      mime_type: 'image/png',
    });
    const filename = String(attachment()?.filename);
    expect(filename.startsWith('~/Library/Messages/Attachments/')).toBe(true);
    expect(readFileSync(join(shared.home, filename.slice(2)), 'utf8')).toHaveLength(5000);
  });
});

describe('messages that arrive, and other happenings', () => {
  test('a file may never come: its transfer stays in any state', async () => {
    const source = join(shared.home, 'never.heic');
    writeFileSync(source, 'heic');
    using reader = new Reader(shared);
    for (const state of [0, 6]) {
      const person = somebody();
      await shared.receive({ from: person, attachment: source, behaviour: `transfer-ends-${state}` });
      const { filename } = await waitFor(
        'the name',
        () =>
          reader.rows(
            `SELECT * FROM attachment WHERE transfer_state = ${state} AND filename LIKE '%never.heic'`,
          )[0],
      );
      expect(existsSync(join(shared.home, String(filename).slice(2)))).toBe(false);
    }
  });

  test('a rebuilt database is another file with lower ROWIDs, and messages go on arriving in it', async () => {
    await using mac = await startSimulatedMac({ macos: 'macos-27', pace: 0 });
    for (let n = 0; n < 10; n++) await mac.receive({ from: ANNA, text: `n${n}` });
    using before = new Reader(mac);
    expect(before.last()).toMatchObject({ ROWID: 10 });
    const inode = statSync(mac.chatDb).ino;
    await mac.happen({ happening: 'rebuild-database' });
    const { rowid } = await mac.receive({ from: ANNA, text: 'after' });
    using after = new Reader(mac);
    expect([rowid, after.last().joins, after.last().ROWID]).toEqual([6, 1, 6]);
    expect(statSync(mac.chatDb).ino).not.toBe(inode);
    expect(before.last()).toMatchObject({ ROWID: 10 });
    expect(after.rows('SELECT count(*) AS n FROM chat')).toEqual([{ n: 1 }]);
  });

  test('a message may stay without a chat for as long as it likes, or for ever', async () => {
    const person = somebody();
    using reader = new Reader(shared);
    await shared.receive({ from: person, text: 'late', delayJoinMs: 300 });
    expect(rowFor(reader, person).joins).toBe(0);
    await waitFor('the join', () => rowFor(reader, person).joins === 1);
    await shared.behave(person, 'no-chat', 1);
    const { rowid } = await shared.receive({ from: person, text: 'lost' });
    const { rowid: next } = await shared.receive({ from: person, text: 'found' });
    await waitFor('the next one', () => rowFor(reader, person).joins === 1);
    expect(next).toBe(rowid + 1);
    expect(reader.rows(`SELECT 1 FROM chat_message_join WHERE message_id = ${rowid}`)).toEqual([]);
  });

  test('text may be NULL, or the body damaged beyond reading', async () => {
    const person = somebody();
    using reader = new Reader(shared);
    await shared.receive({ from: person, text: 'grüezi', behaviour: 'null-text' });
    expect(rowFor(reader, person).text).toBeNull();
    expect(String(rowFor(reader, person).attributedBody)).toContain('grüezi');
    await shared.receive({ from: person, text: 'grüezi', behaviour: 'undecodable-body' });
    expect(String(rowFor(reader, person).attributedBody)).not.toContain('ü');
    expect((rowFor(reader, person).attributedBody as Buffer).every((byte) => byte < 0x80)).toBe(true);
  });

  test('iCloud brings an old message again: a new ROWID, a new guid, its old date', async () => {
    const person = somebody();
    using reader = new Reader(shared);
    const old = await shared.receive({ from: person, text: 'old news', date: Date.now() - 7_200_000 });
    const [guid] = await shared.happen({ happening: 'icloud-replay', with: person });
    const rows = reader.rows(
      `SELECT ROWID AS id, guid, date, attributedBody FROM message WHERE guid IN ('${old.guid}', '${guid}') ORDER BY ROWID`,
    );
    expect(rows).toHaveLength(2);
    expect(rows[1]?.guid).not.toBe(old.guid);
    expect(Number(rows[1]?.id)).toBeGreaterThan(old.rowid);
    expect(rows[1]).toMatchObject({ date: rows[0]?.date, attributedBody: rows[0]?.attributedBody });
  });

  test('tapback, edit, unsend, preview, Send Later and a message typed elsewhere have the rows Messages gives them', async () => {
    const person = somebody();
    using reader = new Reader(shared);
    const byGuid = (guid: string | undefined) =>
      reader.rows(`SELECT * FROM message WHERE guid = '${guid}'`)[0];
    await send(shared, 'ours', person);
    const ours = await waitFor('our row', () => rowFor(reader, person).guid);
    const [tapback] = await shared.happen({ happening: 'tapback', with: person });
    expect(byGuid(tapback)).toMatchObject({
      associated_message_guid: `p:0/${ours}`,
      associated_message_type: 2000,
    });
    await shared.receive({ from: person, text: 'before' });
    const [edited] = await shared.happen({ happening: 'edit', with: person, text: 'after' });
    expect(String(byGuid(edited)?.attributedBody)).toContain('after');
    expect(Number(byGuid(edited)?.date_edited)).toBeGreaterThan(0);
    const summary = byGuid(edited)?.message_summary_info as Buffer;
    expect([
      summary.subarray(0, 8).toString(),
      summary.includes('before'),
      summary.includes('after'),
    ]).toEqual(['bplist00', true, true]);
    const [preview] = await shared.happen({ happening: 'url-preview', with: person });
    expect(byGuid(preview)?.balloon_bundle_id).toBe('com.apple.messages.URLBalloonProvider');
    const [unsent] = await shared.happen({ happening: 'unsend', guid: String(edited) });
    expect(byGuid(unsent)).toMatchObject({ guid: edited, text: null, attributedBody: null, is_empty: 1 });
    const [scheduled] = await shared.happen({ happening: 'scheduled', with: person, text: 'tomorrow' });
    expect(Number(byGuid(scheduled)?.date)).toBeGreaterThan(Number(byGuid(preview)?.date));
    expect(byGuid(scheduled)).toMatchObject({ schedule_type: 2, is_from_me: 1 });
    const [own] = await shared.happen({ happening: 'own-message', with: person, text: 'typed' });
    expect(byGuid(own)).toMatchObject({ is_from_me: 1, is_sent: 1 });
    expect((await shared.sent()).some(({ text }) => text === 'typed' || text === 'tomorrow')).toBe(false);
    await expect(shared.happen({ happening: 'tapback', with: somebody() })).rejects.toThrow(
      /There is no message/,
    );
  });

  test('a reader with an open connection sees every row through checkpoints, truncation and rotation of the WAL', async () => {
    await using mac = await startSimulatedMac({ pace: 0 });
    using reader = new Reader(mac);
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 20 }, () => mac.receive({ from: ANNA, text: 'x'.repeat(3000) })),
      );
      await mac.happen({ happening: round % 2 === 0 ? 'truncate-wal' : 'rotate-wal' });
      expect(reader.rows('SELECT count(*) AS n FROM message')).toEqual([{ n: (round + 1) * 20 }]);
    }
    expect(reader.rows('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    expect(reader.rows('SELECT count(*) AS n FROM chat_message_join')).toEqual([{ n: 100 }]);
  });
});

describe('the process', () => {
  test('killed with -9 between the script’s end and the row, it goes on where it stopped', async () => {
    await using mac = await startSimulatedMac({ pace: PACE });
    await mac.receive({ from: ANNA, text: 'hello' });
    await mac.behave(ANNA, 'late-row-700', 1);
    expect((await send(mac, 'survivor')).code).toBe(0);
    await mac.kill();
    expect((await osascript(mac, ['-e', 'return 1'])).stderr).toContain('(-600)');
    await expect(mac.sent()).rejects.toThrow(/No simulated Mac runs/);
    await mac.restart();
    await waitFor('the message', async () => (await mac.sent()).length === 1);
    using reader = new Reader(mac);
    await waitFor('delivery', () => reader.last().is_delivered === 1);
    expect(reader.rows('SELECT count(*) AS n FROM message')).toEqual([{ n: 2 }]);
    expect(await mac.calls()).toHaveLength(1);
    // A restarted Messages has the chats in which somebody wrote.
    const reply = await osascript(mac, [
      '-e',
      `tell application "Messages" to send "again" to chat id "any;-;${ANNA}"`,
    ]);
    expect(reply.code).toBe(0);
  });

  test('kill -9 at any moment of many sends loses none and doubles none', async () => {
    await using mac = await startSimulatedMac({ pace: PACE });
    const accepted: string[] = [];
    for (let round = 0; round < 4; round++) {
      const texts = Array.from({ length: 5 }, (_, index) => `r${round} n${index}`);
      const sends = texts.map(async (text) => {
        if ((await send(mac, text)).code === 0) accepted.push(text);
      });
      await Promise.race(sends);
      await mac.kill();
      await Promise.all(sends);
      await mac.start();
    }
    const left = async () => (await mac.sent()).map(({ text }) => text).sort();
    await waitFor('all accepted', async () =>
      accepted.every(new Set(await left()).has, new Set(await left())),
    );
    using reader = new Reader(mac);
    await waitFor('rest', () => reader.rows('SELECT 1 FROM message WHERE is_sent = 0').length === 0);
    const texts = await left();
    expect(new Set(texts).size).toBe(texts.length);
    expect(reader.rows('SELECT count(*) AS n FROM message')).toEqual([{ n: texts.length }]);
  });

  test('a second one on the same home, or another macOS version over it, is refused with a sentence', async () => {
    await using mac = await startSimulatedMac({ pace: PACE });
    await expect(startSimulatedMac({ home: mac.home })).rejects.toThrow(/already runs/);
    await mac.stop();
    await expect(startSimulatedMac({ home: mac.home, macos: 'monterey-12' })).rejects.toThrow(
      /holds a tahoe-26 database/,
    );
    await expect(startSimulatedMac({ macos: 'system-7' })).rejects.toThrow(/tahoe-26/);
  });

  test('a home folder too deep for a unix socket gets a short one elsewhere', async () => {
    const deep = join(shared.home, 'a'.repeat(60), 'b'.repeat(60));
    await using mac = await startSimulatedMac({ home: deep, pace: PACE });
    expect((await osascript(mac, ['-e', 'return 2'])).stdout).toBe('2\n');
    expect(readdirSync(deep)).not.toContain('control.sock');
    expect(existsSync(join(deep, 'control-socket'))).toBe(true);
  });
});
