import type { Channel } from '../../shared/channels.ts';
import type { SendRoute } from '../config.ts';

/** Paths of the two files that a script reads its inputs from. */
export interface ScriptInputs {
  /** Holds an address, or for the route `chat` a chat's guid. */
  recipient: string;
  /** Holds the text, or the path of the file that is to be sent. */
  text: string;
}

/** How a script is to send. */
export interface ScriptedWay {
  route: SendRoute;
  channel: Channel;
  content: 'text' | 'file';
}

// Scripts know no other services. RCS exists in them, but is never enabled there: only a chat's guid can go by it.
const SERVICES: Partial<Record<Channel, string>> = { imessage: 'iMessage', sms: 'SMS' };

/** Whether a chat is needed to send on a channel: no account leads there. */
export function needsChat(channel: Channel): boolean {
  return SERVICES[channel] === undefined;
}

/** Whether Messages knows the channel at all. */
export function serves(channel: Channel): boolean {
  return channel === 'rcs' || !needsChat(channel);
}

/**
 * The script of one way. It is constant but for the paths of its inputs, so nothing that a client wrote is ever part
 * of a program. Throws when the channel has no such way.
 */
export function scriptFor({ route, channel, content }: ScriptedWay, inputs: ScriptInputs): string {
  const sent = content === 'text' ? 'theText' : 'theFile';
  return [
    `set theAddress to read (POSIX file ${quote(inputs.recipient)}) as «class utf8»`,
    `set theText to read (POSIX file ${quote(inputs.text)}) as «class utf8»`,
    ...(content === 'file' ? ['set theFile to (POSIX file theText) as alias'] : []),
    'tell application "Messages"',
    ...addressing(route, channel).map((line) => `\t${line}`),
    `\tsend ${sent} to theTarget`,
    'end tell',
  ].join('\n');
}

function addressing(route: SendRoute, channel: Channel): string[] {
  if (route === 'chat') return ['set theTarget to chat id theAddress'];
  const service = SERVICES[channel];
  if (service === undefined) throw new Error(`Messages has no way to send by ${channel} to a ${route}.`);
  return route === 'participant'
    ? [
        `set theAccount to 1st account whose service type = ${service}`,
        'set theTarget to participant theAddress of theAccount',
      ]
    : [
        `set theService to 1st service whose service type = ${service}`,
        'set theTarget to buddy theAddress of theService',
      ];
}

/** Starts Messages where it does not run, and asks it something that changes nothing. */
export const PROBE_SCRIPT = `tell application "Messages"
	launch
	count of accounts
end tell`;

export const QUIT_SCRIPT = `tell application "Messages"
	quit
end tell`;

/** An AppleScript string literal. */
function quote(path: string): string {
  const escaped = path
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}
