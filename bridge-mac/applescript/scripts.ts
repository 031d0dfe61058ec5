import type { Channel } from '../../shared/channels.ts';

/** Paths of the two files that a script reads its inputs from. */
export interface ScriptInputs {
  recipient: string;
  text: string;
}

type Script = (recipientFile: string, textFile: string) => string;

const participantOf = (service: string): Script => {
  return (recipientFile, textFile) => `set theAddress to read (POSIX file ${recipientFile}) as «class utf8»
set theText to read (POSIX file ${textFile}) as «class utf8»
tell application "Messages"
	set theAccount to 1st account whose service type = ${service}
	set theParticipant to participant theAddress of theAccount
	send theText to theParticipant
end tell`;
};

const buddyOf = (service: string): Script => {
  return (recipientFile, textFile) => `set theAddress to read (POSIX file ${recipientFile}) as «class utf8»
set theText to read (POSIX file ${textFile}) as «class utf8»
tell application "Messages"
	set theService to 1st service whose service type = ${service}
	set theBuddy to buddy theAddress of theService
	send theText to theBuddy
end tell`;
};

const IMESSAGE = [participantOf('iMessage'), buddyOf('iMessage')];
const SMS = [participantOf('SMS'), buddyOf('SMS')];

/** The ways to address a recipient, the preferred first. AppleScript cannot choose RCS: SMS goes by it where it can. */
const ROUTES: Record<Channel, readonly Script[]> = { imessage: IMESSAGE, sms: SMS, rcs: SMS, whatsapp: [] };

/** How many ways a channel has; 0 for one that Messages does not serve. */
export function countRoutes(channel: Channel): number {
  return ROUTES[channel].length;
}

/**
 * The script of one way. It is constant but for the paths of its inputs, so nothing that a client wrote is ever part
 * of a program. Throws when the channel has no such way.
 */
export function scriptFor(channel: Channel, route: number, inputs: ScriptInputs): string {
  const script = ROUTES[channel][route];
  if (script === undefined) throw new Error(`Messages has no way ${route} to send by ${channel}.`);
  return script(quote(inputs.recipient), quote(inputs.text));
}

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
