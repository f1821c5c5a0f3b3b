import { type IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Tells the client's address behind reverse proxies, believing only those whose networks are named. */
export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #any: boolean;

  /** @param trustedProxies addresses or CIDR blocks */
  constructor(trustedProxies: readonly string[]) {
    this.#any = trustedProxies.length > 0;
    for (const entry of trustedProxies) {
      const [address = '', bits] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(bits), family);
    }
  }

  /** The peer, or, where the peer is a trusted proxy, the last address in X-Forwarded-For that is none. */
  of(req: IncomingMessage): string {
    const peer = plain(req.socket.remoteAddress ?? '');
    if (!this.#any || !this.#isTrusted(peer)) return peer;
    const forwarded = String(req.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((part) => plain(part.trim()));
    for (const address of forwarded.reverse()) {
      if (isIP(address) === 0) return peer;
      if (!this.#isTrusted(address)) return address;
    }
    return peer;
  }

  #isTrusted(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** IPv4 in IPv6 clothes is IPv4. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

const SEGMENTS = 8;
const NETWORK_SEGMENTS = 4;

/** Whom an address stands for: with IPv6 everybody has a network of 2^64 of them. */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, SEGMENTS - first.length - last.length);
  const segments = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return segments
    .slice(0, NETWORK_SEGMENTS)
    .map((segment) => Number.parseInt(segment, 16).toString(16))
    .join(':');
}
