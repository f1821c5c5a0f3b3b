import { ATTACKS } from '../attacks/all-attacks.ts';
import { FRAMING } from '../attacks/cases/framing.ts';
import { ARENA_CONFIG, enter } from '../attacks/arena.ts';
import { type Attack } from '../attacks/attack.ts';
import { verdictOf } from '../attacks/battle.ts';
import { lagDuring, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';

const MEGABYTE = 1_048_576;
const WARM_UPS = 3;
/** The probe itself, and the other processes of a small machine, add to the loop's own 50 ms. */
const LAG_MS = 150;
/** After 1,000 bombs memory goes up and down by this much around a level that stays. */
const GROWTH_BYTES = 80 * MEGABYTE;

interface Outcome {
  readonly probes: number;
  readonly problems: readonly string[];
  readonly grownBytes: number;
  readonly maxLagMs: number;
}

/** Lines of the attack list that make up a row. */
async function attacked(field: Field, ids: readonly string[]): Promise<Outcome> {
  const gateway = await field.gateway({ config: ARENA_CONFIG });
  const arena = await enter({
    gateway,
    sandbox: field.sandbox,
    database: { url: field.databaseUrl, query: (sql) => field.query(sql) },
  });
  const problems: string[] = [];
  let probes = 0;
  const attacks = ATTACKS.filter(({ id }) => ids.includes(id));
  const run = async (some: readonly Attack[]): Promise<void> => {
    for (const attack of some) {
      const verdict = await verdictOf(arena, attack);
      probes += verdict.probes;
      problems.push(...verdict.problems.map((problem) => `${attack.id} ${problem}`));
    }
  };
  // The first times the heap finds its size; growth is what another time adds.
  const quick = attacks.filter(({ slow }) => !slow);
  for (let i = 0; i < WARM_UPS; i += 1) await run(quick);
  const before = gateway.usage().rssBytes;
  const lag = await lagDuring(gateway, () => run(attacks));
  arena.leave();
  const grownBytes = gateway.usage().rssBytes - before;
  return { probes, problems, grownBytes, maxLagMs: lag.maxMs };
}

/** A row made of lines of the attack list. */
export const byAttacks = (
  line: Pick<Row, 'id' | 'promise' | 'bar'>,
  ids: readonly string[],
  judge: (outcome: Outcome) => boolean = () => true,
): Row => ({
  ...line,
  run: async (field): Promise<Measured> => {
    const outcome = await attacked(field, ids);
    return {
      pass: outcome.problems.length === 0 && outcome.probes > 0 && judge(outcome),
      measured: {
        probes: outcome.probes,
        problems: outcome.problems.length,
        first: outcome.problems[0]?.slice(0, 200) ?? '',
        rssGrowthMb: Math.round(outcome.grownBytes / MEGABYTE),
        maxLagMs: rounded(outcome.maxLagMs),
      },
    };
  },
});

export const INPUT_ROWS: readonly Row[] = [
  byAttacks(
    {
      id: 'B4',
      promise: 'body limits are enforced while reading',
      bar: '413, connection closed, memory stays',
    },
    ['X035', 'X069', 'X070'],
    ({ grownBytes }) => grownBytes <= GROWTH_BYTES,
  ),
  byAttacks(
    { id: 'B5', promise: 'JSON bombs are refused before they hurt', bar: '400/413, loop lag small' },
    ['X067', 'X068', 'X074b', 'X079'],
    ({ maxLagMs }) => maxLagMs <= LAG_MS,
  ),
  byAttacks(
    {
      id: 'B12',
      promise: 'forbidden parameters are refused by name',
      bar: '400 naming the field, nothing goes out',
    },
    ['X060'],
  ),
  byAttacks(
    { id: 'B2', promise: 'framing is strict', bar: 'one request, one route, one caller' },
    FRAMING.map(({ id }) => id),
  ),
  byAttacks({ id: 'B11', promise: 'prototypes cannot be polluted', bar: 'nothing changes' }, [
    'X064',
    'X112',
  ]),
  byAttacks({ id: 'N2', promise: 'default deny', bar: 'anonymous 2xx = the allow-list' }, [
    'X095',
    'X095b',
    'X110',
  ]),
  byAttacks({ id: 'N4', promise: 'path tricks never change the decision', bar: '0 anonymous 2xx' }, [
    'X014',
    'X015',
    'X017',
    'X041–X043',
    'X042',
    'X045',
    'X046',
    'X048–X051',
  ]),
];
