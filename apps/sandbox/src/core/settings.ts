import { isObject } from './json.js';
import type { TruthMode } from './truth-ledger.js';

/** Settings that every stand-in has. A type alias, so that it can be indexed by name. */
export interface CommonSettings {
  truth: TruthMode;
  /** Ledger entries kept; changing it empties the ledger. */
  keepTruth: number;
  /** Added before every answer. */
  delayMs: number;
  /** Where the `redirect` fault points. */
  redirectTo: string;
  /** How long the `timeout` fault stays silent before it closes the socket. */
  timeoutMs: number;
  /** Idle keep-alive sockets are closed after this; 0 = never, like a Go server. */
  keepAliveMs: number;
  /** When not empty: the credential that every protected route asks for. */
  requireKey: string;
  /** Secrets to look for in headers and bodies; hits are named in the ledger. */
  canaries: string[];
}

export const COMMON_SETTINGS: CommonSettings = {
  truth: 'full',
  keepTruth: 200_000,
  delayMs: 0,
  redirectTo: 'http://127.0.0.1:9/elsewhere',
  timeoutMs: 60_000,
  keepAliveMs: 0,
  requireKey: '',
  canaries: [],
};

/** Allowed words of those settings that are not free text. */
export type Choices = Record<string, readonly string[]>;

export const COMMON_CHOICES: Choices = { truth: ['off', 'counts', 'full'] };

/** Copies known settings of the right type; the result lists what was wrong, and then nothing was copied. */
export function patchSettings(settings: object, patch: unknown, choices: Choices): string[] {
  if (!isObject(patch)) return ['the body must be a JSON object'];
  const current = settings as Record<string, unknown>;
  const problems: string[] = [];
  for (const [name, value] of Object.entries(patch)) {
    if (!Object.hasOwn(current, name)) problems.push(`no setting is called ${name}`);
    else if (kindOf(current[name]) !== kindOf(value))
      problems.push(`${name} must be a ${kindOf(current[name])}`);
    else if (choices[name] !== undefined && !choices[name].includes(String(value)))
      problems.push(`${name} must be one of ${choices[name].join(', ')}`);
  }
  if (problems.length === 0) Object.assign(settings, patch);
  return problems;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value;
}
