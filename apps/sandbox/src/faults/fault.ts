import { isObject, type JsonObject } from '../core/json.js';

/** Every fault that can be asked for; README.md says what each does. */
export const FAULT_NAMES = [
  'status',
  '429',
  '500',
  '502-empty',
  'html',
  'empty',
  '204',
  'garbage',
  'silent',
  'headers-then-silent',
  'redirect',
  'echo-key',
  'timeout',
  'context',
  'loading',
  'short-length',
  'delay',
  '100-continue',
  'early-hints',
  'setcookie',
  'hostile-headers',
  'big-headers',
  'gzip',
  'wrong-type',
  'stall',
  'rst',
  'fin',
  'cut',
  'slow',
  'bigline',
  'flood',
  'error-mid',
  'errorline',
  'invalid-utf8',
  'crlf',
  'cr',
  'mixed-eol',
  'comments',
  'bom',
  'multiline-data',
  'split',
  'coalesce',
  'nul',
  'id-retry',
  'no-space',
  'negative-index',
  'no-role',
  'usage',
  'no-timings',
  'tokens',
  'pace',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];

const BY_LENGTH = [...FAULT_NAMES].sort((a, b) => b.length - a.length);

/** One or more named faults for one request, with what a script may add to them. */
export class Fault {
  private readonly given = new Map<FaultName, string>();
  headers: Record<string, string> = {};
  body: string | undefined;

  /** @param label the faults as they were asked for, for the ledger */
  constructor(public label: string) {}

  add(name: FaultName, argument: string): void {
    this.given.set(name, argument);
  }

  has(name: FaultName): boolean {
    return this.given.has(name);
  }

  text(name: FaultName): string {
    return this.given.get(name) ?? '';
  }

  /** The number given with a fault, or `otherwise` when it came without one. */
  number(name: FaultName, otherwise: number): number {
    const argument = this.given.get(name);
    const value = Number(argument);
    return argument === undefined || argument === '' || Number.isNaN(value) ? otherwise : value;
  }

  /** The number given with a fault, or undefined when the fault was not asked for. */
  numberIf(name: FaultName, otherwise: number): number | undefined {
    return this.has(name) ? this.number(name, otherwise) : undefined;
  }
}

export class UnknownFault extends Error {
  constructor(spec: string) {
    super(`no fault is called "${spec}"; known: ${FAULT_NAMES.join(', ')}`);
  }
}

/** Reads `stall-3,setcookie`, `stall-after=3` or `usage-nan+no-timings`. @throws UnknownFault */
export function parseFault(text: string): Fault {
  const fault = new Fault(text);
  for (const part of text.split(/[,+]/)) if (part.trim() !== '') addSpec(fault, part.trim());
  return fault;
}

const NOT_FAULTS = new Set(['fault', 'match', 'times', 'headers', 'body']);

/** Reads a scripted fault: `{"fault":"stall-3"}`, `{"stallAfter":3}`, `{"status":503,"headers":{},"body":{}}`. */
export function parseScriptedFault(script: JsonObject): Fault {
  const named = Array.isArray(script['fault']) ? (script['fault'] as unknown[]).join(',') : script['fault'];
  const fault = parseFault(typeof named === 'string' ? named : '');
  for (const [key, value] of Object.entries(script)) {
    if (NOT_FAULTS.has(key) || value === false) continue;
    const name = key === 'delayMs' ? 'delay' : kebab(key);
    const spec = value === true ? name : `${name}-${String(value)}`;
    addSpec(fault, spec);
    fault.label += fault.label === '' ? spec : `,${spec}`;
  }
  const { headers, body } = script;
  if (isObject(headers)) for (const name in headers) fault.headers[name] = String(headers[name]);
  if (body !== undefined) fault.body = typeof body === 'string' ? body : JSON.stringify(body);
  if (body !== undefined && !fault.has('status')) fault.add('status', '200');
  fault.label ||= 'scripted';
  return fault;
}

function addSpec(fault: Fault, spec: string): void {
  const plain = spec.replace('=', '-').replace(/^(stall|rst|fin|cut|error-mid|errorline)-after(?=-|$)/, '$1');
  const name = BY_LENGTH.find((known) => plain === known || plain.startsWith(`${known}-`));
  if (name === undefined) throw new UnknownFault(spec);
  fault.add(name, plain.slice(name.length + 1));
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
