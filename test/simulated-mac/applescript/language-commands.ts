import { type Program, pause } from './frames.ts';
import { NOT_HANDLED, ScriptError } from './script-error.ts';
import { readFile, runShell } from './scripting-additions.ts';
import { charactersOf, isList, sourceOf, toNumber, toText, type Value } from './values.ts';

const PARAMETER_MISSING = -1715;

/** Commands of the language and of Standard Additions; undefined when the command is an application's. */
export async function languageCommand(
  program: Program,
  name: string,
  direct: Value | undefined,
  labelled: Readonly<Record<string, Value>>,
): Promise<{ value: Value | undefined } | undefined> {
  const { host } = program;
  const need = (): Value => {
    if (direct === undefined)
      throw new ScriptError(PARAMETER_MISSING, `Some parameter is missing for ${name}.`);
    return direct;
  };
  switch (name) {
    case 'get':
      return { value: direct };
    case 'count':
      return { value: count(need()) };
    case 'log':
      host.log(sourceOf(need()));
      return { value: undefined };
    case 'delay':
      await pause(toNumber(direct ?? 0) * 1000, host.signal);
      return { value: undefined };
    case 'offset': {
      const at = charactersOf(toText(labelled.in ?? ''))
        .join('')
        .toLowerCase()
        .indexOf(toText(need()).toLowerCase());
      return { value: at < 0 ? 0 : charactersOf(toText(labelled.in ?? '').slice(0, at)).length + 1 };
    }
    case 'read': {
      const as = labelled.as;
      const type = typeof as === 'object' && !isList(as) && as.kind === 'class' ? as.name : undefined;
      return { value: readFile(need(), type, host.cwd) };
    }
    case 'system attribute':
      return { value: host.env[toText(need())] ?? '' };
    case 'do shell script': {
      const shell = { env: host.env, cwd: host.cwd, signal: host.signal, keepLineEndings: false };
      return { value: await runShell(toText(need()), shell) };
    }
    default:
      return undefined;
  }
}

function count(value: Value): number {
  if (isList(value)) return value.length;
  if (typeof value === 'string') return charactersOf(value).length;
  if (typeof value === 'object' && value.kind === 'record') return value.fields.size;
  throw new ScriptError(NOT_HANDLED, `${sourceOf(value)} doesn’t understand the “count” message.`);
}
