import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';

type Answer = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

/**
 * Each holds a thread of libuv's four for as long as the name server is silent, and the journal needs threads, too: the
 * others wait for their turn.
 */
const MAX_AT_ONCE = 2;

/** Who waits for a name that is being looked up. */
const waiting = new Map<string, Answer[]>();
const queue: (() => void)[] = [];
let running = 0;

/** All addresses of a name, by the system's own rules; equal questions that come at once are asked once. */
export function sharedLookup(hostname: string, options: LookupOptions, answer: Answer): void {
  const question = JSON.stringify([hostname, options.family ?? 0, options.hints ?? 0, options.order ?? null]);
  const others = waiting.get(question);
  if (others) {
    others.push(answer);
    return;
  }
  const answers = [answer];
  waiting.set(question, answers);
  begin(() =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      waiting.delete(question);
      running -= 1;
      queue.shift()?.();
      for (const one of answers) one(error, addresses);
    }),
  );
}

function begin(ask: () => void): void {
  const start = (): void => {
    running += 1;
    ask();
  };
  if (running < MAX_AT_ONCE) start();
  else queue.push(start);
}
