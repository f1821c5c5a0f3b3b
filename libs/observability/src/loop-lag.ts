import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Family } from './family-text.js';

/** Ten looks a second tell enough; the hundred of the Prometheus client wake an idle process a hundred times. */
const LOOK_EVERY_MS = 100;

const FIGURES: Readonly<Record<string, (seen: ReturnType<typeof monitorEventLoopDelay>) => number>> = {
  min: (seen) => seen.min,
  max: (seen) => seen.max,
  mean: (seen) => seen.mean,
  p50: (seen) => seen.percentile(50),
  p90: (seen) => seen.percentile(90),
  p99: (seen) => seen.percentile(99),
};

/** What the Prometheus client would measure itself. */
export const LOOP_LAG_NAMES = [...Object.keys(FIGURES), 'stddev'].map(nameOf);

/** How late the event loop was since the last scrape. The client's own figures contain the time between two looks. */
export function loopLag(): Family[] {
  const histogram = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  histogram.enable();
  let seen: Readonly<Record<string, number>> = {};
  const look = (): void => {
    const lateS = (ns: number) => Math.max(0, ns / 1e9 - LOOK_EVERY_MS / 1e3) || 0;
    seen =
      histogram.count === 0
        ? {}
        : Object.fromEntries(Object.entries(FIGURES).map(([figure, of]) => [figure, lateS(of(histogram))]));
    histogram.reset();
  };
  return Object.keys(FIGURES).map((figure, place) => ({
    name: nameOf(figure),
    help: `How late the event loop was since the last scrape: ${figure}.`,
    type: 'gauge',
    read: () => {
      if (place === 0) look();
      return [{ labels: '', value: seen[figure] ?? 0 }];
    },
  }));
}

function nameOf(figure: string): string {
  return `nodejs_eventloop_lag_${figure}_seconds`;
}
