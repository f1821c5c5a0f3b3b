import { describe, expect, test } from '@jest/globals';
import { type Deployment, type JsonObject, NO_PRICE, type Price } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { MINIATURE_MS, phasesOf } from './call-phases.js';
import { logView } from './log-page.view.js';

const PRICE: Price = {
  ...NO_PRICE,
  inputPerTokenPicoUsd: 1_000_000n,
  outputPerTokenPicoUsd: 2_000_000n,
  cachedInputPerTokenPicoUsd: 100_000n,
  version: 'v1',
};

const FAILED_TRY = {
  deployment_id: 'a',
  status: 503,
  begun_ms: 500,
  duration_ms: 1_000,
  error_class: 'upstream_error',
  error_message: 'loading',
};

function aRow({ metadata = {}, ...changes }: Partial<SpendLogRow> = {}): SpendLogRow {
  return {
    startTime: '2026-02-01T10:00:00.000Z',
    completionStartTime: '2026-02-01T10:00:04.000Z',
    request_duration_ms: 10_000,
    prompt_tokens: 100,
    completion_tokens: 60,
    total_tokens: 160,
    spend: 0.000184,
    status: 'success',
    model: 'served',
    model_group: 'asked',
    model_id: 'b',
    request_tags: ['kitchen'],
    messages: {},
    response: {},
    metadata: {
      http_status: 200,
      attempts: 2,
      queue_time_ms: 500,
      price_version: 'v1',
      usage_object: { prompt_tokens_details: { cached_tokens: 40 } },
      routing_plan: { group: 'asked', by: 'only', deployments: ['a', 'spare'], fallbacks: ['other'] },
      routing_reason: 'the only deployment of asked; 503 upstream_error, a fallback was asked',
      routing_attempts: [
        FAILED_TRY,
        { deployment_id: 'b', status: 200, begun_ms: 1_600, duration_ms: 8_400, error_class: null },
      ],
      ...metadata,
    },
    ...changes,
  } as unknown as SpendLogRow;
}

interface Page {
  readonly plan: { readonly lines: readonly Line[]; readonly text: string };
  readonly cost: { readonly lines: readonly { readonly label: string; readonly sum: string }[] };
  readonly words: { readonly prompt: Panel; readonly answer: Panel } | false;
}
interface Line {
  readonly name: string;
  readonly note: string;
  readonly status: { readonly label: string };
}
interface Panel {
  readonly earlier: { readonly label: string } | false;
  readonly messages: readonly {
    readonly role: string;
    readonly text: string;
    readonly tools: JsonObject[];
  }[];
}

const DEPLOYMENT = { id: 'b', upstreamModel: 'served', origin: 'http://two:1' } as Deployment;
const page = (
  row: SpendLogRow,
  { isAdmin = true, price = PRICE }: { isAdmin?: boolean; price?: Price | null } = {},
): Page => logView({ row, isAdmin, price, deployments: new Map([['b', DEPLOYMENT]]) }) as Page;

describe('where the time of a call went', () => {
  const spans = (row: SpendLogRow) => phasesOf(row, MINIATURE_MS).map(({ tone, x, ms }) => [tone, x, ms]);

  test('is its wait here, what failed, the first token and the stream, in this order', () => {
    expect(spans(aRow())).toEqual([
      ['ph-queue', 0, 500],
      ['ph-bad', 5, 1_000],
      ['ph-first', 15, 2_500],
      ['ph-stream', 40, 6_000],
    ]);
  });

  test('of a call that was refused is one part', () => {
    const refused = aRow({
      completionStartTime: null,
      request_duration_ms: 0,
      metadata: { queue_time_ms: 0, routing_attempts: [] },
    });
    expect(spans(refused)).toEqual([['ph-first', 0, 0]]);
  });

  test('tells how long its model was being loaded', () => {
    const load = (changes: Partial<SpendLogRow>, loadMs: number) =>
      spans(aRow({ ...changes, metadata: { routing_attempts: [], load_time_ms: loadMs } }));
    const queue = ['ph-queue', 0, 500];
    expect(load({}, 3_000)).toEqual([
      queue,
      ['ph-load', 5, 3_000],
      ['ph-first', 35, 500],
      ['ph-stream', 40, 6_000],
    ]);
    // Its stream began with word of the load.
    expect(load({}, 5_000)).toEqual([queue, ['ph-load', 5, 5_000], ['ph-stream', 55, 4_500]]);
  });

  test('says how much of a failed try went into loading', () => {
    const failed = aRow({ status: 'failure', completionStartTime: null, metadata: { load_time_ms: 900 } });
    const row = { ...failed, metadata: { ...failed.metadata, routing_attempts: [FAILED_TRY] } };
    expect(phasesOf(row, MINIATURE_MS)[1]).toMatchObject({
      tone: 'ph-bad',
      note: 'upstream_error, 900 ms of it loading the model',
    });
  });

  test('never leaves the drawing', () => {
    for (const { x, width } of phasesOf(aRow({ request_duration_ms: 600_000 }), MINIATURE_MS)) {
      expect(x + width).toBeLessThanOrEqual(100);
    }
  });
});

describe('what was left of the limits', () => {
  const limits = [
    {
      scope: 'key',
      kind: 'money',
      cap: '5000000000000',
      duration: '1mo',
      before: '3000000000000',
      used: '184000000',
    },
    { scope: 'team', kind: 'requests', model: 'gpt-4', cap: '60', before: '2', used: '1' },
  ];
  const linesOf = (metadata: JsonObject, isAdmin = true) =>
    (
      logView({
        row: aRow({ team_id: 'home', metadata }),
        isAdmin,
        price: PRICE,
        deployments: new Map(),
      }) as {
        limits: false | { lines: Record<string, unknown>[] };
      }
    ).limits;

  test('stands before and after the call, in their units', () => {
    expect(linesOf({ limits })).toMatchObject({
      lines: [
        {
          label: 'Budget a month',
          of: 'Key –',
          allowed: '$5.000000',
          before: '$3.000000',
          used: '$0.000184',
          after: '$2.999816',
        },
        {
          label: 'Requests a minute, gpt-4',
          of: 'Team home',
          allowed: '60',
          before: '2',
          used: '1',
          after: '1',
        },
      ],
    });
    expect(linesOf({ limits: [] })).toBe(false);
  });

  test('shows the holder of a key what is his, and what refused him', () => {
    expect(linesOf({ limits }, false)).toMatchObject({ lines: [{ of: 'Key –' }] });
    const refused = [{ ...limits[1], used: '0', refused: true } as JsonObject];
    expect(linesOf({ limits: refused }, false)).toMatchObject({ lines: [{ isRefusal: true, used: '–' }] });
  });
});

describe('why a call went where it went', () => {
  test('names what was asked, what was in reserve, and the reason', () => {
    const { plan } = page(aRow());
    expect(plan.text).toContain('a fallback was asked');
    expect(plan.lines.map(({ name, note, status }) => [name, note, status.label])).toEqual([
      ['1. a', 'loading', '503'],
      ['2. served at http://two:1', 'fallback', '200'],
      ['spare', 'also in the group', 'Not asked'],
    ]);
  });

  test('is for administrators: where models stand is nobody else’s business', () => {
    expect(page(aRow(), { isAdmin: false }).plan).toMatchObject({ lines: [], text: 'A backend was asked.' });
  });
});

describe('what a call cost', () => {
  test('is a formula that adds up, as long as its prices are known', () => {
    expect(page(aRow()).cost).toMatchObject({
      lines: [
        { label: 'Input', amount: '60', price: '$1.00 / 1 M', sum: '$0.000060000' },
        { label: 'Cached input', amount: '40', price: '$0.10 / 1 M', sum: '$0.000004000' },
        { label: 'Output', amount: '60', price: '$2.00 / 1 M', sum: '$0.000120000' },
      ],
      total: '$0.000184000',
      note: '',
    });
  });

  test('names what was written to the prompt cache, and the prices of the tier that was reached', () => {
    const usage_object = {
      prompt_tokens_details: {
        cached_tokens: 40,
        cache_creation_tokens: 30,
        cache_creation_token_details: { ephemeral_1h_input_tokens: 10 },
      },
    };
    const price = {
      ...PRICE,
      tiers: [
        {
          ...PRICE,
          abovePromptTokens: 99,
          inputPerTokenPicoUsd: 2_000_000n,
          cacheWritePerTokenPicoUsd: 3_000_000n,
          cacheWriteHourPerTokenPicoUsd: 5_000_000n,
        },
      ],
    };
    expect(page(aRow({ metadata: { usage_object } }), { price }).cost.lines).toMatchObject([
      { label: 'Input', amount: '30', sum: '$0.000060000' },
      { label: 'Cached input', amount: '40', sum: '$0.000004000' },
      { label: 'Written to cache', amount: '20', sum: '$0.000060000' },
      { label: 'Written for an hour', amount: '10', sum: '$0.000050000' },
      { label: 'Output', amount: '60' },
    ]);
  });

  test('is only a sum once they have changed', () => {
    expect(page(aRow(), { price: null }).cost).toMatchObject({ lines: [], total: '$0.000184000' });
  });

  test('counts seconds of sound by their thousandths', () => {
    const metadata = { additional_usage_values: { audio_seconds: 1.5 } };
    const { cost } = page(aRow({ metadata }), { price: { ...PRICE, perSecondPicoUsd: 2_000_000_000n } });
    expect(cost.lines).toContainEqual(expect.objectContaining({ label: 'Seconds', sum: '$0.003000000' }));
  });
});

describe('what was said', () => {
  const said = (messages: unknown, response: unknown = 'Hello.') => {
    const { words } = page(aRow({ messages, response } as Partial<SpendLogRow>));
    if (words === false) throw new Error('no words');
    return words;
  };

  test('is shown where it was kept, the last messages first in sight', () => {
    const messages = Array.from({ length: 6 }, (_, index) => ({ role: 'user', content: `message ${index}` }));
    const { prompt, answer } = said({ messages });
    expect(prompt.earlier).toMatchObject({ label: '2 earlier messages' });
    expect(prompt.messages[0]).toMatchObject({ role: 'user', text: 'message 2' });
    expect(answer.messages).toEqual([{ role: 'assistant', text: 'Hello.', tools: [] }]);
    expect(page(aRow()).words).toBe(false);
  });

  test('may have parts, tools and any other shape', () => {
    const content = [{ type: 'text', text: 'What is it?' }, { type: 'image_url' }];
    const call = { function: { name: 'search', arguments: '{"q":1}' } };
    const { prompt, answer } = said(
      { system: 'Be brief.', messages: [{ role: 'user', content }, null, 7] },
      { content: null, tool_calls: [call] },
    );
    expect(prompt.messages.map(({ text }) => text)).toEqual([
      'Be brief.',
      'What is it?\n{"type":"image_url"}',
      '',
      '7',
    ]);
    expect(answer.messages[0]?.tools).toEqual([{ name: 'search', input: '{"q":1}' }]);
    expect(said(['one', 'two']).prompt.messages).toHaveLength(2);
  });
});
