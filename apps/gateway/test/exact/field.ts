import { AUDIO_PLACES, audioDeployment } from '../harness/gateway-config.ts';
import { RoundRobin } from '../harness/round-robin.ts';
import { aFile, form, recording } from '../harness/recordings.ts';
import {
  type Answer,
  configText,
  deployment,
  endAll,
  Gateway,
  type GatewayOptions,
  pause,
  type Sandbox,
  startGateway,
  until,
} from '../harness.ts';

/** What one call costs, and is bounded by: priced per request, so that both are the same. */
export const CALL_USD = 0.0001;
export const CALL_PICO_USD = 100_000_000n;
/** Upload bytes that the gateway takes for a second of audio before it knows better. */
const LEAST_BYTES_PER_SECOND = 500;
const REFUSALS = 3;
const FREE_TOKENS = { input_cost_per_token: 0, output_cost_per_token: 0 };

/** How calls of one kind are made, and what they may cost. */
export interface Kind {
  readonly name: string;
  /** What the bound of a call is above its cost: so much of a budget cannot be used up. */
  readonly slackPicoUsd: bigint;
  ask(gateway: Gateway, key: string, fields?: object): Promise<Answer>;
}

export const TEXT: Kind = {
  name: 'text',
  slackPicoUsd: 0n,
  ask: (gateway, key, fields) => gateway.chat({ model: 'exact', max_tokens: 4, ...fields }, { key }),
};

/** Ten characters. */
export const SPEECH: Kind = {
  name: 'speech by characters',
  slackPicoUsd: 0n,
  ask: (gateway, key) =>
    gateway.ask('/v1/audio/speech', { key, body: { model: 'spoken', input: 'ten signs.', voice: 'alloy' } }),
};

/** One second of sound. What an upload is long is known when it has been heard; until then its bytes bound it. */
export const TRANSCRIPTION: Kind = aTranscription();

function aTranscription(): Kind {
  const { type, body } = form([['model', 'heard'], aFile(recording('one second', 1))]);
  const boundSeconds = BigInt(Math.ceil(body.length / LEAST_BYTES_PER_SECOND));
  return {
    name: 'transcription by seconds',
    slackPicoUsd: (boundSeconds - 1n) * CALL_PICO_USD,
    ask: (gateway, key) =>
      gateway.ask('/v1/audio/transcriptions', { key, body, headers: { 'content-type': type } }),
  };
}

const CONFIG = configText({
  models: [
    audioDeployment('spoken', 'tts-1', AUDIO_PLACES.speech, { input_cost_per_character: CALL_USD / 10 }),
    audioDeployment('heard', 'whisper-1', AUDIO_PLACES.whisper, { input_cost_per_second: CALL_USD }),
    deployment('exact', 'qwen3-30b-a3b', { ...FREE_TOKENS, input_cost_per_request: CALL_USD }),
    deployment('broken', 'fault/status-500', { ...FREE_TOKENS, input_cost_per_request: CALL_USD }),
    deployment('metered', 'qwen3-30b-a3b'),
  ],
});

export type Query = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;

export interface FieldOptions {
  readonly sandbox: Sandbox;
  readonly databaseUrl: string;
  readonly query: Query;
  readonly replicas: number;
  /** Calls go to one address, behind which the replicas take turns; else to the replicas in turn. */
  readonly isProxied?: boolean;
  /** WARNING unless told: a long run makes a hundred thousand calls. */
  readonly logLevel?: 'DEBUG' | 'WARNING';
}

/** How a batch of calls ended. */
export interface Counts {
  readonly served: number;
  readonly refused: number;
  /** No answer, because the replica was killed. */
  readonly lost: number;
  /** 503: on an overloaded machine PostgreSQL does not answer in time. */
  readonly unavailable: number;
  /** Anything else, each kind once: there should be none. */
  readonly odd: readonly string[];
}

/** Several gateway processes on one database, each with a journal of its own. */
export class Field {
  readonly gateways: Gateway[];
  readonly options: FieldOptions;
  readonly #front: RoundRobin | null;
  readonly #through: Gateway | null;

  private constructor(gateways: Gateway[], options: FieldOptions, front: RoundRobin | null) {
    this.gateways = gateways;
    this.options = options;
    this.#front = front;
    const [first] = gateways;
    this.#through =
      front && first ? new Gateway(first.child, { port: front.port, folder: first.folder }, 0) : null;
  }

  static async open(options: FieldOptions): Promise<Field> {
    const gateways: Gateway[] = [];
    // One after another: on a busy machine they would keep each other from becoming ready in time.
    while (gateways.length < options.replicas) gateways.push(await startGateway(launchOf(options)));
    const front = options.isProxied === true ? await new RoundRobin().start() : null;
    for (const { port } of gateways) await front?.add(port);
    return new Field(gateways, options, front);
  }

  /** Whom a call goes to. */
  #asked(index: number): Gateway {
    return this.#through ?? this.at(index);
  }

  at(index: number): Gateway {
    return this.gateways[index % this.gateways.length] as Gateway;
  }

  /** A new key, once every replica knows it. */
  async key(fields: object): Promise<string> {
    const key = await this.at(0).key(fields);
    for (const gateway of this.gateways) {
      await until(
        'the replica knows the key',
        async () => (await gateway.ask('/v1/models', { key })).status === 200,
      );
    }
    return key;
  }

  call(index: number, key: string, fields: object = {}): Promise<Answer> {
    return TEXT.ask(this.#asked(index), key, fields);
  }

  /** All at once, spread over the replicas. */
  async together(count: number, key: string, kind = TEXT): Promise<Counts> {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => kind.ask(this.#asked(index), key).catch(() => null)),
    );
    return countsOf(answers);
  }

  /** One after another until three in a row are refused; lets a remembered shortage pass in between. */
  async untilRefused(key: string, kind = TEXT): Promise<Counts> {
    const answers: (Answer | null)[] = [];
    for (let inARow = 0, index = 0; inARow < REFUSALS; index += 1) {
      const answer = await kind.ask(this.#asked(index), key).catch(() => null);
      answers.push(answer);
      inARow = answer?.status === 429 ? inARow + 1 : 0;
      if (answer?.status !== 200) await pause(150);
    }
    return countsOf(answers);
  }

  /** The sudden end of one replica, and its return on the same journal. */
  async crash(index: number): Promise<void> {
    const victim = this.at(index);
    await victim.kill();
    const { folder, port } = victim;
    this.gateways[index] = await startGateway({ ...launchOf(this.options), folder, port });
  }

  /** What the rows of a key add up to, once they do not change any more, in pico-dollars. */
  async spent(userId: string): Promise<bigint> {
    let before = -1n;
    return until(
      'the rows have arrived',
      async () => {
        const [row] = await this.options.query<{ sum: string }>(
          `SELECT coalesce(sum(cost_pico_usd), 0)::text AS sum FROM spend_logs JOIN spend_words ON code = user_code WHERE word = $1`,
          [userId],
        );
        const sum = BigInt(row?.sum ?? 0);
        const isStill = sum === before && sum > 0n;
        before = sum;
        return isStill ? sum : false;
      },
      60_000,
      600,
    );
  }

  /** Waits until no dead process has money in hand any more; gives the milliseconds that took. */
  async reclaimed(): Promise<number> {
    const startedAt = performance.now();
    await until(
      'the leases of the dead are free',
      async () => {
        const [row] = await this.options.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM limit_leases JOIN limit_holders ON name = holder
           JOIN limit_accounts ON id = account WHERE kind = 'money' AND held > 0 AND seen_at < now() - interval '12 s'`,
        );
        const [dead] = await this.options.query<{ count: number }>(
          `SELECT count(*)::int AS count FROM limit_holders WHERE adopted AND EXISTS
           (SELECT 1 FROM limit_leases JOIN limit_accounts ON id = account WHERE holder = name AND kind = 'money')`,
        );
        return row?.count === 0 && dead?.count === 0;
      },
      60_000,
      200,
    );
    return Math.round(performance.now() - startedAt);
  }

  async close(): Promise<void> {
    await this.#through?.http.close();
    await this.#front?.stop();
    await endAll(this.gateways);
  }
}

function launchOf({ sandbox, databaseUrl, logLevel = 'WARNING' }: FieldOptions): GatewayOptions {
  return {
    config: CONFIG,
    databaseUrl,
    llamaSwapUrl: sandbox.llamaSwap.url,
    env: { ...sandbox.environment, LITELLM_LOG: logLevel },
  };
}

function countsOf(answers: readonly (Answer | null)[]): Counts {
  const odd = answers.filter((answer) => answer !== null && ![200, 429, 503].includes(answer.status));
  return {
    served: answers.filter((answer) => answer?.status === 200).length,
    refused: answers.filter((answer) => answer?.status === 429).length,
    lost: answers.filter((answer) => answer === null).length,
    unavailable: answers.filter((answer) => answer?.status === 503).length,
    odd: [...new Set(odd.map((answer) => `${answer?.status ?? 0} ${answer?.text.slice(0, 200) ?? ''}`))],
  };
}
