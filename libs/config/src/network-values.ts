import { isIP } from 'node:net';
import { type ConfigNode, emptyRecord } from './config-node.js';
import { type Findings } from './findings.js';
import { type Parse } from './section.js';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Belong to the connection, not to the message: the client that sends sets them. */
const CONNECTION_HEADERS = new Set(
  'connection content-length expect host keep-alive te trailer transfer-encoding upgrade'.split(' '),
);

/** The address of an upstream: http or https, without credentials, query or fragment, without a trailing slash. */
export const asUrl: Parse<string> = (node, findings) => addressIn(node, findings, false);

/** The same, but it may have a query. */
export const asUrlWithQuery: Parse<string> = (node, findings) => addressIn(node, findings, true);

function addressIn(node: ConfigNode, findings: Findings, mayHaveQuery: boolean): string | null {
  const text = node.kind === 'scalar' ? node.text.trim() : '';
  const url = /[\s\\]/.test(text) ? null : URL.parse(text);
  if (url === null || !/^https?:\/\//i.test(text) || url.hostname === '') {
    return findings.problem(
      node,
      'This is no http or https address.',
      'Write it like http://llama-swap:8080/v1.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    return findings.problem(
      node,
      'The address holds a user or a password.',
      'Use api_key or a header for credentials.',
    );
  }
  if ((url.search !== '' && !mayHaveQuery) || url.hash !== '') {
    return findings.problem(node, 'The address holds a query or a fragment.', 'End it before `?` and `#`.');
  }
  return url.href.replace(/\/+$/, '');
}

/** Where a browser page may come from: `https://host`, or `*`. */
export const asOrigin: Parse<string> = (node, findings) => {
  const text = node.kind === 'scalar' ? node.text.trim() : '';
  if (text === '*') return text;
  const origin = URL.parse(text)?.origin;
  if (origin !== undefined && origin !== 'null' && text.replace(/\/$/, '').toLowerCase() === origin)
    return origin;
  return findings.problem(
    node,
    'This is no origin.',
    'Write scheme and host alone: https://chat.example.org.',
  );
};

export const asHeaderName: Parse<string> = (node, findings) => {
  const text = node.kind === 'scalar' ? node.text.trim() : '';
  if (HEADER_NAME.test(text)) return text.toLowerCase();
  return findings.problem(node, 'This is no name of a header.', 'Use letters, digits and `-`.');
};

/** Headers for an upstream; names in lower case. */
export const asHeaders: Parse<Record<string, string>> = (node, findings) => {
  if (node.kind !== 'mapping') {
    return findings.problem(node, 'Headers are a mapping.', 'Write `name: value` lines.');
  }
  const headers = emptyRecord<string>();
  for (const [name, value] of node.entries) {
    const text = headerValue(name, value, findings);
    if (text !== null) headers[name.toLowerCase()] = text;
  }
  return headers;
};

function headerValue(name: string, value: ConfigNode, findings: Findings): string | null {
  if (!HEADER_NAME.test(name)) {
    return findings.problem(value, 'This is no name of a header.', 'Use letters, digits and `-`.');
  }
  if (CONNECTION_HEADERS.has(name.toLowerCase())) {
    return findings.problem(value, 'The gateway sets this header itself.', 'Remove it.');
  }
  if (value.kind !== 'scalar' || !HEADER_VALUE.test(value.text)) {
    return findings.problem(
      value,
      'A header holds one line of Latin text.',
      'Look for line breaks and other scripts.',
    );
  }
  return value.text;
}

/** An address or a block of addresses; gives `address/bits`. */
export const asCidr: Parse<string> = (node, findings) => {
  const text = node.kind === 'scalar' ? node.text.trim() : '';
  const [address = '', bits, ...more] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const length = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (longest >= 0 && length >= 0 && length <= longest && more.length === 0) {
    if (length === 0)
      findings.warn(node, 'This block holds every address: any client may claim to be another.');
    return `${address}/${length}`;
  }
  return findings.problem(node, 'This is no block of addresses.', 'Write it like 172.18.0.0/16 or 10.0.0.2.');
};

/** A path of this gateway: `/v1/models`; where `wildcard`, it may end in `/*`. */
export function asRoute({ wildcard }: { readonly wildcard: boolean }): Parse<string> {
  return (node, findings) => {
    const text = node.kind === 'scalar' ? node.text.trim() : '';
    const body = wildcard ? text.replace(/\/\*$/, '') : text.replace(/\/+$/, '');
    if (/^(\/[A-Za-z0-9._~!$&'()+,:@-]+)+$/.test(body) && !/\/\.\.?(\/|$)/.test(body)) {
      return wildcard ? text : body;
    }
    const form = wildcard ? '/v1/models, or /docs/* for all below' : '/tts';
    return findings.problem(node, 'This is no path of its own.', `Write it like ${form}.`);
  };
}

export const asHostName: Parse<string> = (node, findings) => {
  const text = node.kind === 'scalar' ? node.text.trim().toLowerCase() : '';
  if (/^[a-z0-9._-]+$/.test(text) || isIP(text) === 6) return text;
  return findings.problem(
    node,
    'This is no name of a host.',
    'Write it without scheme and port: llm.example.org.',
  );
};
