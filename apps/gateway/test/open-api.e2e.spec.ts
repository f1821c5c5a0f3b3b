import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bodyProblem } from './attacks/judge.ts';
import { MASTER_KEY } from './harness.ts';
import { suite } from './harness/suite.ts';

const parts = suite({}, { env: { STORE_MODEL_IN_DB: 'True' } });
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const RUNS_PER_OPERATION = Number(process.env['RUNS'] ?? 6);

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly properties?: object } }>>;
  };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

interface Operation extends Described {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly properties: readonly string[];
}

let operations: readonly Operation[] = [];
let key = '';

beforeAll(async () => {
  key = await parts.gateway.key({ models: ['gpt-4'] });
  const answer = await parts.gateway.ask('/openapi.json');
  operations = operationsOf(JSON.parse(answer.text) as OpenApi);
});

function operationsOf({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      method: method.toUpperCase() as Operation['method'],
      path,
      properties: Object.keys(described.requestBody?.content['application/json']?.schema.properties ?? {}),
    })),
  );
}

describe('/openapi.json', () => {
  test('is there for whoever has a key, and for nobody else', async () => {
    expect((await parts.gateway.http.ask('/openapi.json')).status).toBe(401);
    const answer = await parts.gateway.ask('/openapi.json', { key });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ openapi: '3.1.0', info: { title: 'LLM gateway' } });
  });

  test('describes what a management route takes, field by field', () => {
    const generate = operations.find(({ path }) => path === '/key/generate');
    expect(generate?.properties).toEqual(expect.arrayContaining(['models', 'max_budget', 'duration']));
  });

  test('names each operation once and each path parameter in its path', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, parameters } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
        inPath,
      );
    }
  });

  test('tells the errors of every route, in the one shape', () => {
    for (const { responses } of operations) {
      const errors = Object.keys(responses).filter((status) => Number(status) >= 400);
      expect(errors.length).toBeGreaterThan(1);
    }
  });
});

/** What a careless, a curious or a hostile client may send for one field. */
const oddValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1e21,
    0.1,
    '',
    'gpt-4',
    '30d',
    '-1d',
    '\u0000',
    '\ud800',
  ),
  fc.string({ maxLength: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 4 }),
  fc.dictionary(fc.string({ maxLength: 12 }), fc.oneof(fc.string(), fc.integer(), fc.constant(null)), {
    maxKeys: 4,
  }),
);

const bodyFor = ({ properties }: Operation): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.dictionary(fc.constantFrom(...properties, 'unknown'), oddValue, { maxKeys: 5 }),
    },
    { weight: 1, arbitrary: oddValue },
  );

/** Operations that end the process's usefulness for the others, or stream for ever. */
const isSent = ({ path }: Operation): boolean => !/^\/(?:metrics|config\/reload)/.test(path);

describe('whatever is sent to a described operation', () => {
  test(`is answered, never with a 500, and refused in the one shape (seed ${SEED})`, async () => {
    const problems: string[] = [];
    for (const operation of operations.filter(isSent)) {
      const samples = fc.sample(fc.tuple(bodyFor(operation), fc.string({ maxLength: 20 }), fc.boolean()), {
        seed: SEED,
        numRuns: RUNS_PER_OPERATION,
      });
      for (const [body, name, asAdmin] of samples) {
        const path = operation.path.replace(/\{\w+\}/g, encodeURIComponent(name.toWellFormed()) || 'x');
        const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE';
        const query = hasBody ? '' : `?${new URLSearchParams(queryOf(operation, name)).toString()}`;
        const answer = await parts.gateway.ask(`${path}${query}`, {
          method: operation.method,
          key: asAdmin ? MASTER_KEY : key,
          ...(hasBody ? { body: JSON.stringify(body) } : {}),
        });
        const shape = answer.status >= 400 ? bodyProblem(answer.text) : null;
        const isReadiness = operation.path.startsWith('/health');
        if (answer.status === 500 || (shape !== null && !isReadiness)) {
          problems.push(
            `${operation.method} ${path}${query} ${JSON.stringify(body)}: ${answer.status} ${answer.text.slice(0, 200)}`,
          );
        }
      }
    }
    expect(problems).toEqual([]);
    expect(parts.gateway.isUp).toBe(true);
  }, 120_000);
});

function queryOf({ parameters }: Operation, value: string): Record<string, string> {
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  return Object.fromEntries(names.slice(0, 3).map((name) => [name, value.toWellFormed()]));
}
