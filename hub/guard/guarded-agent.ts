import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { BlockedAddressError, type MayConnect } from './address-guard.ts';

export interface AgentTimeouts {
  /** Until a connection stands, TLS included. Milliseconds. */
  connect: number;
  /** Until the answer's headers, and between two pieces of its body. Milliseconds. */
  answer: number;
}

/** Finds every address of a name, as node:dns does. */
export type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * An HTTP agent that connects only where `mayConnect` lets it. Names are resolved here and the socket goes to the
 * very address that was checked, so a name cannot change its meaning in between; undici does not resolve literal
 * addresses, so those are checked before each connection. A refused connection fails with BlockedAddressError.
 */
export function createGuardedAgent(
  mayConnect: MayConnect,
  timeouts: AgentTimeouts,
  resolve: Resolve = lookup,
): Agent {
  const connect = buildConnector({
    timeout: timeouts.connect,
    lookup: guardLookup(mayConnect, resolve),
    // One delivery per connection at a time, and HTTP/1.1 is what every receiver speaks.
    allowH2: false,
  });
  return new Agent({
    headersTimeout: timeouts.answer,
    bodyTimeout: timeouts.answer,
    connect: (options, callback) => {
      const { hostname } = options;
      if (isIP(hostname) !== 0 && !mayConnect(hostname))
        callback(new BlockedAddressError(hostname, [hostname]), null);
      else connect(options, callback);
    },
  });
}

function guardLookup(mayConnect: MayConnect, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const permitted = found.filter(({ address }) => mayConnect(address));
      const [first] = permitted;
      if (first === undefined)
        return callback(
          new BlockedAddressError(
            hostname,
            found.map(({ address }) => address),
          ),
          [],
        );
      if (options.all) callback(null, permitted);
      else callback(null, first.address, first.family);
    });
  };
}
