import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const metadata = new BlockList();
metadata.addSubnet('169.254.0.0', 16);
metadata.addSubnet('fe80::', 10, 'ipv6');
metadata.addAddress('fd00:ec2::254', 'ipv6');
metadata.addAddress('0.0.0.0');
metadata.addAddress('::', 'ipv6');

const privateNets = new BlockList();
privateNets.addSubnet('10.0.0.0', 8);
privateNets.addSubnet('172.16.0.0', 12);
privateNets.addSubnet('192.168.0.0', 16);
privateNets.addSubnet('100.64.0.0', 10);
privateNets.addSubnet('127.0.0.0', 8);
privateNets.addAddress('::1', 'ipv6');
privateNets.addSubnet('fc00::', 7, 'ipv6');

/** Link-local and cloud metadata addresses are never reached; private ones only when the configuration allows. */
export function mayConnectTo(address: string, allowPrivate: boolean): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (metadata.check(address, family)) return false;
  return allowPrivate || !privateNets.check(address, family);
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
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
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
