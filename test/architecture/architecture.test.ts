import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, listSources, ROOT } from './sources.ts';

interface Rule {
  /** A package that only some files may import. */
  packages: string[];
  /** Folders and files where it may be imported. */
  only: string[];
}

const RULES: Rule[] = [
  { packages: ['express', 'helmet'], only: ['hub/http/'] },
  { packages: ['socket.io', '@socket.io/postgres-adapter'], only: ['hub/socket/'] },
  { packages: ['pg'], only: ['hub/store/'] },
  { packages: ['better-auth'], only: ['hub/accounts/'] },
  { packages: ['socket.io-client'], only: ['bridge-mac/link.ts', 'hub/web/src/'] },
  { packages: ['kysely'], only: ['hub/store/'] },
  {
    packages: ['better-sqlite3'],
    only: ['hub/store/', 'bridge-mac/store/', 'bridge-mac/chat-db/', 'shared/runtime/sqlite.ts'],
  },
  { packages: ['run-applescript'], only: ['bridge-mac/applescript/'] },
  { packages: ['chokidar'], only: ['bridge-mac/chat-db/'] },
  { packages: ['plist'], only: ['bridge-mac/launchd/'] },
  { packages: ['pino-pretty', 'rotating-file-stream'], only: ['shared/runtime/', 'bridge-mac/read-log.ts'] },
  { packages: ['undici'], only: ['hub/webhooks/', 'hub/guard/', 'hub/media/'] },
  { packages: ['react', 'react-dom', 'react-router', 'vite'], only: ['hub/web/'] },
];

/** What runs in the browser: it knows the hub by its API alone. */
const PANEL = 'hub/web/';
/** The words that hub and panel share. */
const PANEL_MAY_IMPORT = [PANEL, 'shared/api/', 'shared/wire/'];
const PANEL_MAY_IMPORT_WORDS = /^shared\/[^/]+\.ts$/;

/** Stages of one program, which only the files that wire them together may join. */
const WIRING: Record<string, string[]> = {
  'hub/': ['hub/hub.ts', 'hub/create-server.ts', 'hub/main.ts'],
  'bridge-mac/': ['bridge-mac/bridge.ts', 'bridge-mac/main.ts'],
};

/** Folders that any stage of the same program may import: ports, pure functions, and what has no stage. */
const COMMON = [
  'hub/store/',
  'hub/api/',
  'hub/credentials/',
  'hub/guard/',
  'hub/status/',
  'hub/routing/',
  'hub/inbox/',
  'hub/webhooks/events.ts',
  'hub/config.ts',
  'bridge-mac/store/',
  'bridge-mac/outbox/conversation.ts',
  'bridge-mac/config.ts',
  'bridge-mac/system-name.ts',
];

const production = listSources(['hub', 'bridge-mac', 'shared']);
const everything = [...production, ...listSources(['scripts', 'test'])];

describe('architecture', () => {
  test('a package that belongs to one stage is imported nowhere else', () => {
    const strays = production.flatMap((file) =>
      importsOf(file)
        .filter(({ packageName }) => RULES.some((rule) => isStray(rule, packageName, file)))
        .map(({ packageName }) => `${file} imports ${packageName}`),
    );
    expect(strays).toEqual([]);
  });

  test('hub, bridge and shared do not reach into each other, nor production code into tests', () => {
    const strays = production.flatMap((file) =>
      importsOf(file)
        .filter(({ path }) => path && !mayImport(file, path))
        .map(({ path }) => `${file} imports ${path}`),
    );
    expect(strays).toEqual([]);
  });

  test('the panel imports nothing of the hub but what its API is written in, and nothing that only Node has', () => {
    const strays = withImports(production.filter((file) => file.startsWith(`${PANEL}src/`))).flatMap((file) =>
      importsOf(file).flatMap(({ packageName, path }) => {
        const isStranger = path !== undefined && isSource(path) && !isOfPanel(path);
        if (isStranger) return [`${file} imports ${path}`];
        return packageName?.startsWith('node:') ? [`${file} imports ${packageName}`] : [];
      }),
    );
    expect(strays).toEqual([]);
  });

  test('nothing but the panel itself imports the panel', () => {
    const strays = everything
      .filter((file) => !file.startsWith(PANEL))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ path }) => path?.startsWith(PANEL))
          .map(({ path }) => `${file} imports ${path}`),
      );
    expect(strays).toEqual([]);
  });

  test('there is no import cycle', () => {
    expect(findCycle(everything)).toBeUndefined();
  });

  test('the environment is read by the programs alone', () => {
    const strays = production.filter(
      (file) => !file.endsWith('/main.ts') && readFileSync(join(ROOT, file), 'utf8').includes('process.env'),
    );
    expect(strays).toEqual([]);
  });

  test('no file is longer than 300 lines', () => {
    const long = everything
      .map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > 300 && !file.endsWith('.test.ts'))
      .map(({ file, lines }) => `${file} has ${lines}`);
    expect(long).toEqual([]);
  });

  test('nothing is left to do, switched off or let through', () => {
    const marks = /\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-expect-error|\.only\(|\bas any\b|: any\b/;
    const here = 'test/architecture/architecture.test.ts';
    const loose = everything
      .filter((file) => file !== here && marks.test(readFileSync(join(ROOT, file), 'utf8')))
      .map((file) => file);
    expect(loose).toEqual([]);
  });
});

function isStray(rule: Rule, packageName: string | undefined, file: string): boolean {
  if (packageName === undefined || !rule.packages.includes(packageName)) return false;
  return !rule.only.some((place) => file.startsWith(place));
}

function mayImport(file: string, target: string): boolean {
  const program = ['hub/', 'bridge-mac/', 'shared/'].find((place) => file.startsWith(place));
  if (program === undefined || target.startsWith('test/') || target.startsWith('scripts/')) return false;
  if (target.startsWith('shared/')) return true;
  // Text that the panel shows.
  if (file.startsWith(PANEL) && target.startsWith('docs/') && target.endsWith('.md?raw')) return true;
  return program !== 'shared/' && target.startsWith(program);
}

function isOfPanel(path: string): boolean {
  return PANEL_MAY_IMPORT.some((place) => path.startsWith(place)) || PANEL_MAY_IMPORT_WORDS.test(path);
}

/** Whether an import is of code: a style sheet has no imports to follow. */
function isSource(path: string): boolean {
  return /\.tsx?$/.test(path);
}

/** `files` and every source that they import, at whatever remove. */
function withImports(files: string[]): string[] {
  const found = new Set(files);
  for (const file of found)
    for (const { path, typeOnly } of importsOf(file))
      if (path && isSource(path) && !typeOnly) found.add(path);
  return [...found];
}

function findCycle(files: string[]): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { path: target, typeOnly } of importsOf(file)) {
      const cycle = target && isSource(target) && !typeOnly ? visit(target, [...path, file]) : undefined;
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe('stages', () => {
  test('only the wiring files join stages', () => {
    const strays = production.flatMap((file) => {
      const program = Object.keys(WIRING).find((place) => file.startsWith(place));
      if (program === undefined || WIRING[program]?.includes(file)) return [];
      return importsOf(file)
        .filter(
          ({ path, typeOnly }) => path?.startsWith(program) && !typeOnly && dirname(path) !== dirname(file),
        )
        .filter(({ path }) => !COMMON.some((place) => path?.startsWith(place)))
        .filter(({ path }) => stageOf(path ?? '') !== stageOf(file))
        .map(({ path }) => `${file} imports ${path}`);
    });
    expect(strays).toEqual([]);
  });
});

/** `hub/ingest/x.ts` → `hub/ingest`; `bridge-mac/link.ts` → itself. */
function stageOf(file: string): string {
  return relative('', file).split('/').slice(0, 2).join('/');
}
