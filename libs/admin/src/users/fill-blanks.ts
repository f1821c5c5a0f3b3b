import { type JsonObject } from '@app/call';

/** Fills in what a request leaves out; what it says stays, null too. */
export function fillBlanks<T extends object>(dto: T, defaults: Readonly<JsonObject>): T {
  const given = dto as Readonly<Record<string, unknown>>;
  const missing = Object.entries(defaults).filter(([name]) => given[name] === undefined);
  return Object.assign(dto, structuredClone(Object.fromEntries(missing)));
}
