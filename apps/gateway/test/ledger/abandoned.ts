import {
  aChat,
  type Gateway,
  pause,
  type Postgres,
  RawConnection,
  requestBytes,
  type StandIn,
  until,
} from '../harness.ts';

export interface Abandoned {
  readonly streams: number;
  readonly truthTokens: number;
  readonly bookedTokens: number;
  /** Share by which the books differ from what the upstream gave before it was cut. */
  readonly difference: number;
  /** Rows with tokens and no cost. */
  readonly unpaid: number;
}

interface Sums {
  readonly tokens: number;
  readonly rows: number;
  readonly unpaid: number;
}

const AT_ONCE = 25;
/** The user of these streams, by which their rows are found. */
const USER = 'leaver';
const TOKENS = 60;

/** Streams that their clients leave after some chunks: the books must say what the upstream has given until then. */
export async function abandonStreams(options: {
  readonly gateway: Gateway;
  readonly llamaSwap: StandIn;
  readonly postgres: Postgres;
  readonly database: string;
  readonly streams: number;
  readonly random: () => number;
}): Promise<Abandoned> {
  const { gateway, llamaSwap, postgres, database, streams, random } = options;
  await llamaSwap.reset({ settings: true });
  await llamaSwap.settings({ decodeMsPerToken: 10, answerTokens: TOKENS });
  const key = await gateway.key({ user_id: USER });
  for (let left = streams; left > 0; left -= AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, left) }, () => leave(gateway, key, random));
    await Promise.all(group);
  }
  await until('the upstream is left', async () => (await llamaSwap.open()).inProgress === 0, 20_000);
  const read = async (): Promise<Sums | undefined> => {
    const [sums] = await postgres.query<Sums & { [name: string]: unknown }>(SUMS, [USER], database);
    return sums;
  };
  const sums = await until(
    'every stream has its row',
    async () => {
      const now = await read();
      return now !== undefined && now.rows >= streams && now;
    },
    30_000,
  );
  const truth = (await llamaSwap.truth()).filter(({ stream }) => stream);
  const truthTokens = truth.reduce((sum, { emittedTokens }) => sum + emittedTokens, 0);
  const difference = Math.abs(sums.tokens - truthTokens) / Math.max(1, truthTokens);
  return { streams, truthTokens, bookedTokens: sums.tokens, difference, unpaid: sums.unpaid };
}

const SUMS = `SELECT count(*)::int AS rows, coalesce(sum(completion_tokens), 0)::int AS tokens,
  (count(*) FILTER (WHERE cost_pico_usd = 0 AND completion_tokens > 0))::int AS unpaid
  FROM spend_logs JOIN spend_words ON code = user_code WHERE word = $1`;

async function leave(gateway: Gateway, key: string, random: () => number): Promise<void> {
  const connection = new RawConnection(gateway.port);
  const body = JSON.stringify({ ...aChat(), stream: true });
  connection.send(requestBytes({ target: '/v1/chat/completions', key, body }));
  await connection.waitFor(/data: /, 5_000);
  await pause(random() * TOKENS * 8);
  connection.destroy();
}
