import { z } from 'zod';

const PROTOCOLS = ['postgres:', 'postgresql:'];
/** What the driver knows; it takes any other word for none, and would go without TLS. */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** The places that a URL of Postgres names. */
interface DatabasePlace {
  /** Name, address, or the folder of a Unix socket. */
  host: string;
  port: string;
  database: string;
}

/**
 * The text of DATABASE_URL, judged as the driver reads it. No fault repeats any of it: a password with a character that a
 * URL gives a meaning may end up in any part.
 */
export const databaseUrlSetting = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const fault = findFault(text);
    if (fault) context.addIssue(fault);
  });

/** Where a valid DATABASE_URL leads, for people and logs: without user, password and parameters. */
export function showDatabase(url: string): string {
  const place = readPlace(parse(url));
  if (place === undefined) return 'a database';
  const { host, port, database } = place;
  return host.startsWith('/') ? `${database} at ${host}` : `${database} on ${host}:${port}`;
}

function findFault(text: string): string | undefined {
  if (!PROTOCOLS.some((protocol) => text.startsWith(`${protocol}//`)))
    return 'write postgres://user:password@host:5432/database';
  const url = parse(text);
  const place = readPlace(url);
  if (url === null || place === undefined || url.hash !== '' || /[/@]/.test(place.database))
    return 'it is not a valid URL; characters such as @ / : # ? % in a user name or password are written as %40 %2F %3A %23 %3F %25';
  if (place.host === '')
    return 'name the host, as in postgres://host:5432/database, or the folder of a Unix socket, as in postgres:///database?host=/var/run/postgresql';
  if (place.database === '') return 'name the database, as in postgres://host:5432/database';
  const sslMode = url.searchParams.get('sslmode');
  if (sslMode !== null && !SSL_MODES.includes(sslMode))
    return `write one of ${SSL_MODES.join(', ')} as sslmode`;
  return undefined;
}

// A user name before no host is no URL by the standard; Postgres writes it so for a Unix socket, named by a parameter.
function parse(text: string): URL | null {
  return URL.parse(text) ?? (/[?&]host=/.test(text) ? URL.parse(text.replace('@/', '@localhost/')) : null);
}

function readPlace(url: URL | null): DatabasePlace | undefined {
  if (url === null) return undefined;
  try {
    for (const part of [url.username, url.password]) decodeURIComponent(part);
    return {
      host: url.searchParams.get('host') || decodeURIComponent(url.hostname),
      port: url.searchParams.get('port') || url.port || '5432',
      database: decodeURIComponent(url.pathname.slice(1)),
    };
  } catch {
    return undefined;
  }
}
