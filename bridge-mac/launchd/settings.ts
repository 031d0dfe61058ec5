import { resolve } from 'node:path';
import type { readAgent } from './agent.ts';

type Environment = Record<string, string | undefined>;

/** Those of `names` that the installed bridge was given; none where there is no LaunchAgent that can be understood. */
export function settingsOf(
  agent: ReturnType<typeof readAgent>,
  names: readonly string[],
): Record<string, string> {
  if (agent === undefined || agent === 'damaged') return {};
  return Object.fromEntries(Object.entries(agent.environment).filter(([name]) => names.includes(name)));
}

export interface MergeOptions {
  /** The variables that an installed bridge is given. */
  names: readonly string[];
  installed: Record<string, string>;
  /** The environment of this command: goes before what is installed, and takes out by an empty value. */
  given: Environment;
  /** What the settings come to, by variable. */
  values: Record<string, unknown>;
}

/**
 * The settings that the bridge is to be installed with, paths made absolute (launchd starts it in another folder), and
 * those of them that stand in the LaunchAgent alone.
 */
export function mergeSettings({ names, installed, given, values }: MergeOptions): {
  environment: Record<string, string>;
  kept: Record<string, string>;
} {
  const environment: Record<string, string> = {};
  const kept: Record<string, string> = {};
  for (const name of names) {
    const text = given[name] ?? installed[name];
    if (!text) continue;
    const value = values[name];
    // What is no setting of the bridge is the path of a certificate.
    const setting = typeof value === 'string' ? value : name in values ? text : resolve(text);
    environment[name] = setting;
    if (given[name] === undefined) kept[name] = setting;
  }
  return { environment, kept };
}

/** The settings that were kept, and how to be rid of one; undefined where there is none. */
export function describeKept(kept: Record<string, string>): string | undefined {
  const [first] = Object.keys(kept);
  if (first === undefined) return undefined;
  const lines = Object.entries(kept).map(([name, value]) => `  ${name}=${value}`);
  return `Settings kept from the install before (to take one out: \`${first}= bluewire-bridge install\`):\n${lines.join('\n')}`;
}
