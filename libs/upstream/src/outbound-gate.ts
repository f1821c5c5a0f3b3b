import { type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { sharedLookup } from './shared-lookup.js';

/** Link-local, the metadata services of clouds, and what stands for this machine without saying so. */
const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16);
metadata.addSubnet('0.0.0.0', 8);
// Alibaba and Oracle Classic: neither is link-local.
metadata.addAddress('100.100.100.200');
metadata.addAddress('192.0.0.192');
metadata.addSubnet('fe80::', 10, 'ipv6');
// AWS, Google, Scaleway.
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');
metadata.addAddress('fd00:42::42', 'ipv6');
metadata.addAddress('::', 'ipv6');

const privateNets = new BlockList();
privateNets.addSubnet('10.0.0.0', 8);
privateNets.addSubnet('172.16.0.0', 12);
privateNets.addSubnet('192.168.0.0', 16);
privateNets.addSubnet('100.64.0.0', 10);
privateNets.addSubnet('127.0.0.0', 8);
privateNets.addAddress('::1', 'ipv6');
privateNets.addSubnet('fc00::', 7, 'ipv6');

/** Networks in whose addresses an IPv4 address stands, and the 16-bit group in which it begins. */
const CLOTHES: readonly (readonly [prefix: string, bits: number, group: number])[] = [
  // IPv4-compatible (RFC 4291), IPv4-translated (RFC 2765), NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056).
  ['::', 96, 6],
  ['::ffff:0:0:0', 96, 6],
  ['64:ff9b::', 96, 6],
  ['64:ff9b:1::', 48, 6],
  ['2002::', 16, 1],
];
const GROUPS = 8;

const clothes = CLOTHES.map(([prefix, bits, group]) => {
  const network = new BlockList();
  network.addSubnet(prefix, bits, 'ipv6');
  return { network, group };
});

/** Link-local and cloud metadata addresses are never reached; private ones only when the configuration allows. */
export function mayConnectTo(address: string, allowPrivate: boolean): boolean {
  // What follows a `%` names an interface of this machine.
  const [plain = ''] = address.split('%');
  if (isIP(plain) !== 6) return isOpen(plain, 'ipv4', allowPrivate);
  const inside = ipv4Inside(plain);
  return isOpen(plain, 'ipv6', allowPrivate) && (inside === null || isOpen(inside, 'ipv4', allowPrivate));
}

function isOpen(address: string, family: 'ipv4' | 'ipv6', allowPrivate: boolean): boolean {
  if (metadata.check(address, family)) return false;
  return allowPrivate || !privateNets.check(address, family);
}

/** The IPv4 address that a gateway between the two would send to; null where there is none. `::1` is none. */
function ipv4Inside(address: string): string | null {
  const found = address === '::1' ? undefined : clothes.find(({ network }) => network.check(address, 'ipv6'));
  if (!found) return null;
  const groups = groupsOf(address);
  const bytes = [groups[found.group] ?? 0, groups[found.group + 1] ?? 0].flatMap((group) => [
    group >> 8,
    group & 255,
  ]);
  return bytes.join('.');
}

/** The eight groups of an IPv6 address, which may end in the notation of IPv4. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted) {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(2).map(Number);
    return groupsOf(`${dotted[1] ?? ''}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head = '', tail = ''] = address.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  return [...first, ...Array<number>(GROUPS - first.length - last.length).fill(0), ...last];
}

export class ForbiddenAddressError extends Error {
  constructor(host: string) {
    super(`The address of ${host} may not be reached from here.`);
    this.name = 'ForbiddenAddressError';
  }
}

/** A resolver for sockets that judges each address at the moment of connecting, so that a rebound name does not pass. */
export function gatedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options: LookupOptions, callback) => {
    sharedLookup(hostname, options, (error, addresses) => {
      if (error) {
        callback(error, '', 0);
        return;
      }
      const allowed: LookupAddress[] = addresses.filter(({ address }) => mayConnectTo(address, allowPrivate));
      const first = allowed[0];
      if (!first) callback(new ForbiddenAddressError(hostname), '', 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
