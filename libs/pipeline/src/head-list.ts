import { type ServerResponse } from 'node:http';

// Heads are lists here: name, value, name, value, names in lower case. That is how they go to the socket.

/** Adds them to an answer whose head somebody else writes. */
export function setHeaders(client: ServerResponse, head: readonly string[]): void {
  for (let at = 0; at < head.length; at += 2) client.setHeader(head[at] ?? '', head[at + 1] ?? '');
}

export function valueIn(head: readonly string[], name: string): string | undefined {
  for (let at = 0; at < head.length; at += 2) if (head[at] === name) return head[at + 1];
  return undefined;
}

export const without = (head: readonly string[], name: string): string[] =>
  head.filter((_, at) => head[at - (at % 2)] !== name);
