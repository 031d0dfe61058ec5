import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runScript } from './applescript/run-script.ts';
import { ScriptError } from './applescript/script-error.ts';
import { sourceOf } from './applescript/values.ts';

const folder = mkdtempSync(join(tmpdir(), 'applescript-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'utf8.txt'), 'Zürich 👋\nzwei\r\ndrei');
writeFileSync(join(folder, 'empty.txt'), '');

async function run(
  script: string,
  argv: string[] = [],
  signal = new AbortController().signal,
): Promise<string> {
  const host = { applications: [], env: { GREETING: 'hello' }, cwd: folder, signal, log: () => undefined };
  try {
    const value = await runScript(script, argv, host);
    return value === undefined ? 'nothing' : sourceOf(value);
  } catch (error) {
    if (error instanceof ScriptError) return String(error.number);
    throw error;
  }
}

const GOOD: [script: string, result: string][] = [
  ['return 1 + 2 * 3 - 4', '3'],
  ['return 2 ^ 3 ^ 1', '8'],
  ['return 7 div 2 & 7 mod 2', '{3, 1}'],
  ['return "a" & 1 & true', '"a1true"'],
  ['return 1 & "a"', '{1, "a"}'],
  ['return "A" = "a"', 'true'],
  ['considering case\nreturn "A" = "a"\nend considering', 'false'],
  ['return "abc" contains "B" and {1, 2} contains 2', 'true'],
  ['return "b" is in "abc" and not ("z" is in "abc")', 'true'],
  ['return "abc" starts with "ab" or missingVariable', 'true'],
  ['return item 2 of {"a", "b"}', '"b"'],
  ['return item -1 of {"a", "b"}', '"b"'],
  ['return items 2 thru -1 of {1, 2, 3}', '{2, 3}'],
  ['return last item of {1, 2}', '2'],
  ['return rest of {1, 2, 3}', '{2, 3}'],
  ["return {1, 2}'s length", '2'],
  ['return count of "héllo👩‍👩‍👧"', '6'],
  ['return text 1 thru 2 of "👋🏽ab"', '"👋🏽a"'],
  ['return characters 1 thru 2 of "abc"', '{"a", "b"}'],
  ['return paragraphs of ("a" & linefeed & "b" & return & "c")', '{"a", "b", "c"}'],
  ['return paragraph 2 of "a\nb c"', '"b c"'],
  ['return word 2 of "one two, three"', '"two"'],
  [`set text item delimiters to ","\nreturn text items of "a,b"`, '{"a", "b"}'],
  [`set AppleScript's text item delimiters to "-"\nreturn {1, 2} as text`, '"1-2"'],
  ['set {a, {b, c}} to {1, {2, 3}}\nreturn a + b + c', '6'],
  ['set l to {}\nset end of l to 1\nset beginning of l to 0\nset item 2 of l to 5\nreturn l', '{0, 5}'],
  ['copy 5 to x\nreturn x', '5'],
  ['if 1 > 2 then\nreturn 1\nelse if 2 > 1 then\nreturn 2\nelse\nreturn 3\nend if', '2'],
  ['if false then return 1\nreturn 2', '2'],
  ['set n to 0\nrepeat 3 times\nset n to n + 1\nend repeat\nreturn n', '3'],
  ['set n to 0\nrepeat with i from 10 to 1 by -3\nset n to n + i\nend repeat\nreturn n', '22'],
  ['set n to 0\nrepeat while n < 5\nset n to n + 2\nend repeat\nreturn n', '6'],
  ['repeat\nexit repeat\nend repeat\nreturn "out"', '"out"'],
  ['set s to ""\nrepeat with x in {"a", "b"}\nset s to s & x\nend repeat\nreturn s', '"ab"'],
  ['try\nerror "no" number 77\non error m number n\nreturn m & n\nend try', '"no77"'],
  ['try\nset x to y\nend try\nreturn "on"', '"on"'],
  ['on double(n)\nreturn n * 2\nend double\nreturn double(4)', '8'],
  ['property p : 1\non run\nset p to p + 1\nreturn p\nend run', '2'],
  ['global g\nset g to 1\non f()\nglobal g\nset g to g + 1\nend f\nf()\nreturn g', '2'],
  ['return "a" & ¬\n  "b" -- note\n# note\n(* note (* nested *) *)', '"ab"'],
  ['return «class utf8»', 'utf8'],
  ['return class of 1 is integer', 'true'],
  ['return id of "A" & id of "é"', '{65, 233}'],
  ['return character id 128075', '"👋"'],
  ['return quoted form of "it\'s"', `"'it'\\\\''s'"`],
  ['return system attribute "GREETING"', '"hello"'],
  ['return do shell script "printf \'a\\\\nb\\\\n\'"', '"a\rb"'],
  ['return {name:"x", size:2}', '{name:"x", size:2}'],
  ['with timeout of 5 seconds\nreturn 1\nend timeout', '1'],
  ['return (offset of "b" in "abc")', '2'],
  ['delay 0.001\nreturn "later"', '"later"'],
  ['set |my var| to 1\nreturn |MY VAR|', '1'],
];

const REFUSED: [script: string, number: number][] = [
  ['set x to', -2741],
  ['return 1 +', -2741],
  ['tell application "Messages"', -2741],
  ['if true then\nreturn 1', -2741],
  ['repeat\nend if', -2741],
  ['return "open', -2741],
  ['return «class zzzz»', -2741],
  ['send "x" to y', -2741],
  ['return service type', -2741],
  ['foo bar', -2741],
  ['set 5 to x', -2741],
  ['end try', -2741],
  ['return "\\q"', -2741],
  ['(* never closed', -2741],
  ['return nobody', -2753],
  ['return iMessage', -2753],
  ['return item 3 of {1}', -1728],
  ['return item 0 of {1}', -1728],
  ['return text 1 thru 9 of "abc"', -1728],
  ['return paragraph 2 of "one"', -1728],
  ['return name of "x"', -1728],
  ['return "abc" as number', -1700],
  ['if "maybe" then return 1', -1700],
  ['return {1, 2} as integer', -1700],
  ['return "a" + 1', -1700],
  ['return 1 / 0', -2701],
  ['return nobody(1)', -1708],
  ['on f(a)\nreturn a\nend f\nf()', -1721],
  ['on f()\nreturn f()\nend f\nf()', -2706],
  ['error "x"', -2700],
  ['error number -128', -128],
  ['do shell script "exit 3"', 3],
  ['tell application "Nothing Such" to activate', -1728],
  ['tell application "System Events" to activate', -1743],
  ['set length of "x" to 3', -10006],
  ['return alias "Macintosh HD:nowhere:file"', -43],
];

describe('the AppleScript interpreter', () => {
  test.each(GOOD)('%j gives %s', async (script, result) => expect(await run(script)).toBe(result));

  test.each(REFUSED)('%j is refused with %i', async (script, number) =>
    expect(await run(script)).toBe(String(number)),
  );

  test('a script that does not compile runs not even its first line', async () => {
    const file = join(folder, 'touched');
    expect(await run(`do shell script "touch ${file}"\nset x to`)).toBe('-2741');
    expect(await run(`return read POSIX file "${file}"`)).toBe('-43');
  });

  test('arguments reach the run handler as texts, by name or by position', async () => {
    expect(await run('on run argv\nreturn item 2 of argv & (count of argv)\nend run', ['a', 'b'])).toBe(
      '"b2"',
    );
    expect(await run('on run {x, y}\nreturn y & x\nend run', ['a', 'b'])).toBe('"ba"');
    expect(await run('on run argv\nreturn item 1 of argv\nend run')).toBe('-1728');
  });

  test('read takes POSIX files, as UTF-8 only when asked, and refuses slash paths, missing and empty files', async () => {
    const file = (name: string) => `POSIX file "${join(folder, name)}"`;
    expect(await run(`return paragraph 1 of (read ${file('utf8.txt')} as «class utf8»)`)).toBe('"Zürich 👋"');
    expect(await run(`return paragraph 1 of (read ${file('utf8.txt')})`)).not.toBe('"Zürich 👋"');
    expect(await run(`return paragraphs of (read (${file('utf8.txt')} as alias) as «class utf8»)`)).toContain(
      '"drei"',
    );
    expect(await run(`return read "${join(folder, 'utf8.txt')}" as «class utf8»`)).toBe('-43');
    expect(await run(`return read ${file('gone.txt')} as «class utf8»`)).toBe('-43');
    expect(await run(`return read ${file('empty.txt')} as «class utf8»`)).toBe('-39');
    expect(await run(`return POSIX path of (${file('utf8.txt')} as alias)`)).toBe(
      `"${join(folder, 'utf8.txt')}"`,
    );
  });

  test('an endless script ends when its osascript process is gone', async () => {
    const gone = new AbortController();
    const endless = run('repeat\nset x to 1\nend repeat', [], gone.signal);
    const asleep = run('try\ndelay 1000\non error\nreturn "caught"\nend try', [], gone.signal);
    setImmediate(() => gone.abort());
    expect(await endless).toBe('-128');
    expect(await asleep).toBe('-128');
  });

  test('an error names the place in the source where it happened', async () => {
    const host = {
      applications: [],
      env: {},
      cwd: folder,
      signal: new AbortController().signal,
      log: () => undefined,
    };
    const error = await runScript('set a to 1\nset b to nobody', [], host).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ number: -2753, range: { start: 20, end: 26 } });
  });
});
