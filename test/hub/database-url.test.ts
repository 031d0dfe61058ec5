import { describe, expect, test } from 'vitest';
import { readHubConfig } from '../../hub/config.ts';
import { showDatabase } from '../../hub/database-url.ts';

describe('DATABASE_URL', () => {
  test.each([
    ['postgres://db.example/bluewire', 'bluewire on db.example:5432'],
    ['postgresql://hub:s3cret-word@db.example:6432/bluewire', 'bluewire on db.example:6432'],
    ['postgres://hub:s3cret%2Fword%40@127.0.0.1/bluewire?sslmode=verify-full', 'bluewire on 127.0.0.1:5432'],
    ['postgres://hub:s3cret@word@db.example/bluewire', 'bluewire on db.example:5432'],
    ['postgres://[::1]:5433/bluewire', 'bluewire on [::1]:5433'],
    ['postgres:///bluewire?host=/var/run/postgresql', 'bluewire at /var/run/postgresql'],
    ['postgres://hub:s3cret-word@/bluewire?host=/var/run/postgresql', 'bluewire at /var/run/postgresql'],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/bluewire', 'bluewire at /var/run/postgresql'],
    ['  postgres://db.example/bl%C3%BCwire\n', 'blüwire on db.example:5432'],
  ])('is taken as %s', (url, shown) => {
    expect(readHubConfig({ DATABASE_URL: url }).DATABASE_URL).toBe(url.trim());
    expect(showDatabase(url.trim())).toBe(shown);
  });

  test.each([
    ['another protocol', 'mysql://hub:s3cret@db.example/bluewire', 'postgres://user:password@host'],
    ['no protocol', 'hub:s3cret@db.example/bluewire', 'postgres://user:password@host'],
    ['no slashes', 'postgres:s3cret@db.example/bluewire', 'postgres://user:password@host'],
    ["the driver's other form", '/var/run/postgresql s3cret', 'postgres://user:password@host'],
    ['no host', 'postgres:///bluewire', 'name the host'],
    ['a user and no host', 'postgres://hub:s3cret@/bluewire', 'not a valid URL'],
    ['no database', 'postgres://hub:s3cret@db.example', 'name the database'],
    ['no database after the slash', 'postgres://hub:s3cret@db.example/', 'name the database'],
    ['a port that is none', 'postgres://hub:s3cret@db.example:70000/bluewire', 'not a valid URL'],
    ['a # in the password', 'postgres://hub:12#s3cret@db.example/bluewire', '%23'],
    ['a / in the password', 'postgres://hub:12/s3cret@db.example/bluewire', '%2F'],
    ['a ? in the password', 'postgres://hub:12?s3cret@db.example/bluewire', 'name the database'],
    ['a lone % in the password', 'postgres://hub:s3cret%zz@db.example/bluewire', '%25'],
    ['a lone % in the database', 'postgres://hub:s3cret@db.example/%zz', 'not a valid URL'],
    [
      'a word for sslmode that is none',
      'postgres://hub:s3cret@db.example/bluewire?sslmode=on',
      'verify-full',
    ],
  ])('with %s is refused by a sentence that shows nothing of it', (_name, url, sentence) => {
    const read = (): unknown => readHubConfig({ DATABASE_URL: url });
    expect(read).toThrow(/^DATABASE_URL is not usable: /);
    expect(read).toThrow(sentence);
    expect(read).not.toThrow(/s3cret|db\.example|12/);
  });
});
