/** A sender has to deliver at least this much in each period, or it is cut off. */
const MIN_BYTES = 1024;
const PERIOD_MS = 10_000;
const CHECK_MS = 1_000;

interface Sender {
  readonly received: () => number;
  readonly onSlow: () => void;
  receivedBefore: number;
  dueAtMs: number;
}

const senders = new Set<Sender>();
let timer: NodeJS.Timeout | undefined;

/**
 * Calls `onSlow` once when less than 1 KB arrived in ten seconds; the returned function ends the watch. One timer serves
 * all senders: nearly every body is there before a timer of its own would pay.
 * @param received bytes so far
 */
export function watchPace(received: () => number, onSlow: () => void): () => void {
  const sender: Sender = { received, onSlow, receivedBefore: 0, dueAtMs: performance.now() + PERIOD_MS };
  senders.add(sender);
  timer ??= setInterval(check, CHECK_MS).unref();
  return () => senders.delete(sender);
}

function check(): void {
  const now = performance.now();
  for (const sender of senders) {
    if (now < sender.dueAtMs) continue;
    const received = sender.received();
    if (received - sender.receivedBefore < MIN_BYTES) {
      senders.delete(sender);
      sender.onSlow();
    } else {
      sender.receivedBefore = received;
      sender.dueAtMs = now + PERIOD_MS;
    }
  }
  if (senders.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}
