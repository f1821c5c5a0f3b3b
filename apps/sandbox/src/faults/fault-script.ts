import { isObject } from '../core/json.js';
import { parseScriptedFault, type Fault } from './fault.js';

interface Scripted {
  fault: Fault;
  model: string | undefined;
  path: string | undefined;
  times: number;
}

/** Faults queued through the control API, used up by the requests that match them, oldest first. */
export class FaultScript {
  private queue: Scripted[] = [];

  get waiting(): number {
    return this.queue.reduce((sum, scripted) => sum + scripted.times, 0);
  }

  /** Queues one script or a list of them. @throws UnknownFault */
  add(body: unknown): void {
    const scripts = Array.isArray(body) ? (body as unknown[]) : [body];
    this.queue.push(...scripts.map(readScripted));
  }

  take(path: string, model: () => string | null): Fault | undefined {
    if (this.queue.length === 0) return undefined;
    const index = this.queue.findIndex(
      (scripted) =>
        (scripted.path === undefined || scripted.path === path) &&
        (scripted.model === undefined || scripted.model === model()),
    );
    const scripted = this.queue[index];
    if (scripted === undefined) return undefined;
    if (--scripted.times <= 0) this.queue.splice(index, 1);
    return scripted.fault;
  }

  clear(): void {
    this.queue = [];
  }
}

function readScripted(script: unknown): Scripted {
  if (!isObject(script)) throw new TypeError('a script must be a JSON object');
  const match = isObject(script['match']) ? script['match'] : {};
  return {
    fault: parseScriptedFault(script),
    model: typeof match['model'] === 'string' ? match['model'] : undefined,
    path: typeof match['path'] === 'string' ? match['path'] : undefined,
    times: typeof script['times'] === 'number' ? script['times'] : 1,
  };
}
