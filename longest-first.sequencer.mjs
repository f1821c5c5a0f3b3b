import { createRequire } from 'node:module';

const Sequencer = createRequire(import.meta.url)('@jest/test-sequencer').default;

// Spec files of more than a quarter of a minute on two cores, the longest first: begun last, one of them would run alone
// at the end. Those that keep a browser or a core busy stand between those that mostly wait.
const LONGEST = [
  'apps/gateway/test/attacks.e2e',
  'apps/gateway/test/ui/looks.e2e',
  'apps/gateway/test/fallbacks.e2e',
  'apps/gateway/test/keys-governed.e2e',
  'libs/spend/src/journal-crash.db',
  'apps/gateway/test/ui/hostile.e2e',
  'apps/gateway/test/cold.e2e',
  'libs/admin/src/users/long-lists.db',
  'libs/database/src/embedded/embedded-postgres.db',
  'apps/gateway/test/drain.e2e',
  'apps/gateway/test/ui/playground.e2e',
  'apps/gateway/test/exact.e2e',
  'libs/spend/src/spend-outage.db',
  'apps/gateway/test/streams.e2e',
  'apps/gateway/test/database-away.e2e',
  'apps/gateway/test/replicas.e2e',
  'apps/gateway/test/demo.e2e',
  'apps/gateway/test/limits.e2e',
  'libs/keys/src/key-snapshots.db',
  'libs/database/src/embedded/embedded-postgres-end.db',
  'apps/gateway/test/models-reload.e2e',
  'apps/gateway/test/expressions',
  'apps/gateway/test/clients/openai-errors.e2e',
  'libs/database/src/embedded/embedded-binaries.db',
  'apps/gateway/test/models.e2e',
  'libs/spend/src/reconciliation.db',
  'apps/gateway/test/audio-uploads.e2e',
  'apps/gateway/test/audio-long-speech.e2e',
  'libs/database/src/run-migrations.db',
  'libs/spend/src/spend-writer.db',
  'apps/gateway/test/langfuse.e2e',
  'libs/limits/src/replicas.db',
  'apps/gateway/test/crash.e2e',
];

/** The longest spec files first, then those from outside, those with a database, and last the quick ones. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((a, b) => rank(a.path) - rank(b.path));
  }
}

function rank(path) {
  const long = LONGEST.findIndex((name) => path.endsWith(`/${name}.spec.ts`));
  if (long >= 0) return long;
  return LONGEST.length + ['.e2e.', '.db.', '.'].findIndex((kind) => path.includes(kind));
}
