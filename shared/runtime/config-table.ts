import { z } from 'zod';

/** One environment variable: `parse` turns its text into the value used, `default` is that text when it is unset. */
interface Setting<T = unknown> {
  parse: z.ZodType<T, string>;
  /** Text of the default; undefined means that the variable may stay unset and the value is then undefined. */
  default?: string;
  /** One line for people, shown by --help and in the README. */
  help: string;
  /** Shown in --help in place of a default that depends on the machine. */
  shownDefault?: string;
}

export type ConfigTable = Record<string, Setting>;

type Value<S extends Setting> = S extends { default: string }
  ? z.output<S['parse']>
  : z.output<S['parse']> | undefined;
export type Config<Table extends ConfigTable> = { [Name in keyof Table]: Value<Table[Name]> };

/** Wrong configuration. The message names every variable at fault; a program prints it and exits with 1. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads every setting of `table` from `env`. An empty variable counts as unset. Throws ConfigError. */
export function readConfig<Table extends ConfigTable>(
  table: Table,
  env: Record<string, string | undefined>,
): Config<Table> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const text = env[name] || setting.default;
    if (text === undefined) continue;
    const parsed = setting.parse.safeParse(text, { error: describeChoice });
    if (parsed.success) values[name] = parsed.data;
    else {
      const messages = new Set(parsed.error.issues.map((issue) => issue.message));
      faults.push(`${name} is not usable: ${[...messages].join('; ')}.`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  return values as Config<Table>;
}

/** A sentence for a value that is not one of those allowed, unless the setting has its own. */
function describeChoice(issue: { code: string; values?: unknown }): string | undefined {
  if (issue.code !== 'invalid_value' || !Array.isArray(issue.values)) return undefined;
  return `write one of ${issue.values.join(', ')}`;
}

/** The table as lines for --help. */
export function describeConfig(table: ConfigTable): string {
  const rows = Object.entries(table).map(([name, setting]) => [name, shown(setting), setting.help] as const);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value, help]) => `  ${name.padEnd(width)}  ${help} [${value}]`).join('\n');
}

/** The table as Markdown rows, for the README. */
export function describeConfigAsMarkdown(table: ConfigTable): string {
  const rows = Object.entries(table).map(
    ([name, setting]) => `| \`${name}\` | ${asCell(shown(setting))} | ${asCell(setting.help)} |`,
  );
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function asCell(text: string): string {
  return text.replaceAll('<', '&lt;').replaceAll('|', '\\|');
}

function shown(setting: Setting): string {
  return setting.shownDefault ?? setting.default ?? 'unset';
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `90s`, `10m`, `24h`, `7d` → milliseconds. */
export const durationSetting = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'write a whole number and a unit, such as 30s, 10m or 24h')
  .transform((text) => {
    const unit = text.replace(/^\d+/, '') as keyof typeof UNITS;
    return Number.parseInt(text, 10) * UNITS[unit];
  });

export const portSetting = z
  .string()
  .regex(/^\d{1,5}$/, 'write a port number, 0 to 65535')
  .transform(Number)
  .refine((port) => port <= 65_535, 'write a port number, 0 to 65535');

export const booleanSetting = z
  .enum(['true', 'false', '1', '0'], 'write true or false')
  .transform((text) => text === 'true' || text === '1');
