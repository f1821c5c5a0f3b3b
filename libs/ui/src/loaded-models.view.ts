import { type Backend, type LoadedModel } from './loaded-models.js';
import { plural, shownCount } from './shown-values.js';

const WORDS = {
  ready: { tone: 'good', text: 'idle' },
  starting: { tone: 'busy', text: 'loading' },
  stopping: { tone: 'off', text: 'unloading' },
  unloaded: { tone: 'off', text: 'not loaded' },
} as const;

/** What each backend holds in memory, and under "Waiting" the models that calls wait for. */
export function backendsView(backends: readonly Backend[]): object[] {
  const waiting = backends.flatMap(({ models }) => models.filter(isWaitedFor));
  const calls = waiting.reduce((sum, { calls: count }) => sum + count, 0);
  const held = backends.map(({ address, models }) => {
    const loaded = models.filter(({ state }) => state !== 'unloaded');
    return {
      title: address,
      note: loaded.length === 0 ? 'nothing loaded' : `${shownCount(loaded.length)} in memory`,
      models: loaded.map((model) => ({ name: model.name, ...WORDS[model.state], text: textOf(model) })),
    };
  });
  if (waiting.length === 0) return held;
  const title = { title: 'Waiting', note: plural(calls, 'call') };
  const models = waiting.map(({ name, calls: count }) => ({
    name,
    tone: 'off',
    text: `${shownCount(count)} for it to load`,
  }));
  return [...held, { ...title, models }];
}

const isWaitedFor = ({ state, calls }: LoadedModel): boolean => state !== 'ready' && calls > 0;

function textOf({ state, calls }: LoadedModel): string {
  if (state === 'ready' && calls > 0) return `${shownCount(calls)} running`;
  if (state === 'starting' && calls > 0) return `loading, ${plural(calls, 'waits', { many: 'wait' })}`;
  return WORDS[state].text;
}
