import ipaddr from 'ipaddr.js';
import type { AddressBlock } from '../config.ts';

/** The answer of a guard: whether the hub may connect to this address (an IPv4 or IPv6 literal). */
export type MayConnect = (address: string) => boolean;

// Azure answers its virtual machines' metadata and DHCP on this public-looking address.
const AZURE_HOST = '168.63.129.16';
const IPV4_COMPATIBLE = ipaddr.IPv6.parse('::');

/**
 * Builds the guard that keeps the hub from reaching private networks. Only global unicast passes: loopback, private,
 * link-local, carrier-grade NAT, multicast, documentation, and every form that wraps an IPv4 address (v4-mapped,
 * NAT64, 6to4, Teredo) do not, except where `allowed` names the address.
 */
export function guardAddresses(allowed: AddressBlock[]): MayConnect {
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    if (isGlobalUnicast(parsed) && parsed.toString() !== AZURE_HOST) return true;
    return allowed.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}

// ipaddr.js calls IPv4-compatible addresses (::127.0.0.1, long out of use) unicast.
function isGlobalUnicast(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || !address.match(IPV4_COMPATIBLE, 96);
}

/** The hub refuses to connect: the target's address, or each address of its name, is not public. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
  readonly code = 'BLOCKED_ADDRESS';

  constructor(host: string, addresses: string[]) {
    const where =
      addresses.length === 0 || addresses[0] === host ? host : `${host} (${addresses.join(', ')})`;
    super(
      `${where} is not a public address, and the hub connects to no others. ` +
        'To permit it, add its address to HUB_ALLOWED_TARGETS.',
    );
  }
}
