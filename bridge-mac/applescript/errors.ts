import type { FailureCode } from '../../shared/failure-codes.ts';

/** What an error number of osascript means for the message that was to be sent. */
export interface ScriptError {
  /** `no`: Messages provably did not get it. `unknown`: it may have. */
  handedOver: 'no' | 'unknown';
  /**
   * What may be done after `no`: another way of addressing the recipient, the same again later or once Messages is
   * launched, or nothing.
   */
  remedy: 'other_route' | 'later' | 'launch' | 'none';
  failureCode: FailureCode;
}

const otherRoute: ScriptError = { handedOver: 'no', remedy: 'other_route', failureCode: 'rejected' };
const later: ScriptError = { handedOver: 'no', remedy: 'later', failureCode: 'rejected' };
const launch: ScriptError = { handedOver: 'no', remedy: 'launch', failureCode: 'rejected' };
const denied: ScriptError = { handedOver: 'no', remedy: 'none', failureCode: 'automation_denied' };
const rejected: ScriptError = { handedOver: 'no', remedy: 'none', failureCode: 'rejected' };
const unclear: ScriptError = { handedOver: 'unknown', remedy: 'none', failureCode: 'send_timeout_unknown' };

/** The Apple event got no answer in time. */
export const EVENT_TIMED_OUT = -1712;

/** The numbers are Apple's; the words beside them are localised and never looked at. */
const SCRIPT_ERRORS: Readonly<Record<number, ScriptError>> = {
  [-1728]: otherRoute, // no such object
  [-1719]: otherRoute, // no such index: no account of that service
  [-1700]: otherRoute, // cannot be coerced
  [-1708]: otherRoute, // the object does not understand the command
  [-2753]: otherRoute, // name not defined: a service this macOS does not know
  [-2741]: otherRoute, // syntax: a term this macOS does not know
  [-2740]: otherRoute, // syntax
  [-600]: launch, // Messages is not running
  [-10810]: launch, // Messages could not be started
  [-10661]: launch, // Messages cannot be started now
  [-43]: later, // an input file, or the file to send, was gone
  [-39]: later, // an input file was empty
  [-1743]: denied, // Automation refused
  [-1744]: denied, // Automation needs a person's consent
  [-10004]: rejected, // privilege violation
  [-128]: rejected, // cancelled by a person
  [-609]: unclear, // Messages died in between
  [EVENT_TIMED_OUT]: unclear, // the Apple event timed out
};

/** An error number as the table has it; any other, or none, proves nothing. */
export function judgeScriptError(number: number | undefined): ScriptError {
  return (number === undefined ? undefined : SCRIPT_ERRORS[number]) ?? unclear;
}

/** The number that osascript ends its error text with, such as (-1728). */
export function readErrorNumber(stderr: string): number | undefined {
  const digits = /\(([-\u2212]?\d{1,6})\)\s*$/u.exec(stderr)?.[1];
  return digits === undefined ? undefined : Number(digits.replace('\u2212', '-'));
}
