import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { describeWithPostgres } from './describe-with-postgres.ts';
import { findPostgres } from './find-postgres.ts';
import { startPostgres } from './postgres.ts';
import { waitFor } from './wait.ts';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describeWithPostgres('a Postgres server of the tests', (postgres) => {
  test('gives every test a database of its own', async () => {
    await using one = await postgres().createDatabase();
    await using other = await postgres().createDatabase();
    await query(one.url, 'CREATE TABLE notes (text text)');
    expect(await query(other.url, "SELECT to_regclass('notes') AS found")).toEqual([{ found: null }]);
    expect(await query(one.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(one.url, 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
  });

  test('drops a database that somebody is still connected to', async () => {
    const database = await postgres().createDatabase();
    const client = new Client({ connectionString: database.url });
    client.on('error', () => undefined);
    const cut = new Promise((resolve) => client.once('end', resolve));
    await client.connect();
    await database[Symbol.asyncDispose]();
    await cut;
    await expect(query(database.url, 'SELECT 1')).rejects.toThrow('does not exist');
  });

  test.each(['fast', 'immediate', 'kill'] as const)(
    'keeps committed rows, and its port, over an end by %s',
    async (end) => {
      await using database = await postgres().createDatabase();
      await query(database.url, "CREATE TABLE notes AS SELECT 'kept' AS text");
      const open = new Client({ connectionString: database.url });
      open.on('error', () => undefined);
      await open.connect();
      await open.query("BEGIN; INSERT INTO notes VALUES ('not committed')");
      const before = postgres().port;
      const logged = postgres().log.length;

      if (end === 'kill') await postgres().kill();
      else await postgres().stop(end);
      expect(postgres().running).toBe(false);
      await expect(query(database.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');

      await postgres().start();
      expect(postgres().port).toBe(before);
      expect(await query(database.url, 'SELECT text FROM notes')).toEqual([{ text: 'kept' }]);
      const recovered = postgres().log.slice(logged).includes('was not properly shut down');
      expect(recovered).toBe(end !== 'fast');
    },
  );

  test('has gone, with its folder, once it is disposed of', async () => {
    const server = await startPostgres();
    const [row] = await query(server.urlOf('postgres'), 'SHOW data_directory');
    const folder = String(row?.data_directory);
    expect(existsSync(folder)).toBe(true);
    await server[Symbol.asyncDispose]();
    expect(existsSync(dirname(folder))).toBe(false);
    await expect(query(server.urlOf('postgres'), 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  test('ends with the process that started it, even when that is killed', async () => {
    const source = `
      const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))});
      console.log((await startPostgres()).urlOf('postgres'));
    `;
    const program = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(createInterface({ input: program.stdout }), 'line')) as [string];
    const [row] = await query(url, 'SHOW data_directory');
    const folder = dirname(String(row?.data_directory));
    expect(existsSync(folder)).toBe(true);

    program.kill('SIGKILL');
    await once(program, 'exit');
    await waitFor('the folder to go', () => !existsSync(folder));
    await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });
});

test('Postgres is taken from the PATH, else the newest version that a packager installed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bluewire-find-'));
  const install = async (folder: string, ...programs: string[]): Promise<string> => {
    await mkdir(join(root, folder), { recursive: true });
    for (const program of programs) {
      await writeFile(join(root, folder, program), '#!/bin/sh\n');
      await chmod(join(root, folder, program), 0o755);
    }
    return join(root, folder);
  };
  try {
    const lacking = await install('client-only', 'psql', 'postgres');
    await install('packaged/9/bin', 'initdb', 'postgres');
    const newest = await install('packaged/17/bin', 'initdb', 'postgres');
    await install('packaged/18/bin', 'initdb');
    await install('packaged/notes/bin', 'initdb', 'postgres');
    const own = await install('own', 'initdb', 'postgres');
    const packaged = [{ parent: join(root, 'packaged'), versions: /^(\d+)$/, bin: 'bin' }];

    expect(findPostgres(`${lacking}:${own}`, packaged)?.initdb).toBe(join(own, 'initdb'));
    expect(findPostgres(lacking, packaged)?.postgres).toBe(join(newest, 'postgres'));
    expect(findPostgres(lacking, [])).toBeUndefined();
    expect(findPostgres('', [{ parent: join(root, 'nowhere'), versions: /./, bin: '' }])).toBeUndefined();
  } finally {
    await rm(root, { recursive: true });
  }
});
