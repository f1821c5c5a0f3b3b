import { bySpec } from './by-spec.ts';
import { type Row } from './row.ts';

const HOSTILE = 'apps/gateway/test/ui/hostile.e2e.spec.ts';
const SUPPLY = 'apps/gateway/test/supply-chain.spec.ts';

/** Rows whose whole proof is a test of its own. */
export const PROVEN_ROWS: readonly Row[] = [
  bySpec(
    { id: 'W1', promise: 'what is stored runs in no page', bar: '0 executions, 0 violations of the policy' },
    { files: [HOSTILE] },
  ),
  bySpec(
    {
      id: 'W3',
      promise: 'templates are compiled before, and escape',
      bar: '0 findings, no compiler with what runs',
    },
    { files: ['apps/gateway/test/ui/templates.spec.ts'] },
  ),
  bySpec({ id: 'W4', promise: 'what is stored breaks no page', bar: 'every page 200' }, { files: [HOSTILE] }),
  bySpec(
    { id: 'C1', promise: 'only pinned, aged dependencies without scripts', bar: '0 violations' },
    { files: [SUPPLY], named: 'what is installed' },
  ),
  bySpec(
    { id: 'C7', promise: 'no dangerous sinks', bar: '0 outside the list of those that may' },
    { files: [SUPPLY], named: 'what runs' },
  ),
  bySpec(
    {
      id: 'K6',
      promise: 'nothing of the client’s credentials reaches a provider',
      bar: 'the listed headers only',
    },
    {
      files: ['apps/gateway/test/requests.e2e.spec.ts', 'apps/gateway/test/passthrough.e2e.spec.ts'],
      named: 'its own credential|never a credential|never takes our key|those about the content',
    },
  ),
];
