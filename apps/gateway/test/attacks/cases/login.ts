import { Agent, request } from 'undici';
import { MASTER_KEY } from '../../harness/gateway.ts';
import { Visitor } from '../../ui/browsing.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding } from '../attack.ts';

const GUESSES = 1_000;
/** What may be looked at of a thousand, of one address and of all. */
const [PER_ADDRESS, IN_ALL] = [5, 50];
const WINDOW_MS = 61_000;

export const LOGIN: readonly Attack[] = [
  {
    id: 'X106',
    input: '1,000 wrong keys at the login at once from one address',
    expected: 'five are looked at, the rest 429; others sign in meanwhile',
    run: guessing,
  },
  {
    id: 'X106b',
    input: 'wrong keys from 100 addresses, and the right one after the window',
    expected: '50 are looked at; who has signed in before still can; the rest later',
    slow: true,
    run: guessingTogether,
  },
  {
    id: 'X108',
    input: 'a session id planted before the login',
    expected: 'another id, the planted one is none',
    run: fixation,
  },
  {
    id: 'X123',
    input: 'the master key in the address of a page',
    expected: 'refused, in no log, no referrer',
    run: keyInAddress,
  },
];

/** Somebody at an address of the loopback network. */
class Guesser {
  readonly #agent: Agent;
  readonly #base: string;

  constructor(base: string, address: string) {
    this.#base = base;
    this.#agent = new Agent({ localAddress: address, connections: 64 });
  }

  async guess(key: string): Promise<number> {
    const answer = await request(`${this.#base}/ui/login`, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: this.#base,
        'sec-fetch-site': 'same-origin',
      },
      body: new URLSearchParams({ key }).toString(),
    });
    await answer.body.dump();
    return answer.statusCode;
  }

  guesses(count: number): Promise<number[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) => this.guess(`sk-wrong-${i}-${'x'.repeat(20)}`)),
    );
  }

  leave(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** 503 is a key that could not be looked up in time. */
const lookedAt = (statuses: readonly number[]): number =>
  statuses.filter((status) => status === 401 || status === 503).length;

async function guessing({ gateway }: Arena): Promise<readonly Finding[]> {
  const guesser = new Guesser(gateway.url, `127.0.1.${1 + Math.floor(Math.random() * 250)}`);
  const statuses = await guesser.guesses(GUESSES);
  const right = await guesser.guess(MASTER_KEY);
  await guesser.leave();
  const looked = lookedAt(statuses);
  const visitor = await Visitor.signedIn(gateway).catch(() => null);
  return [
    check('looked at', looked <= PER_ADDRESS, `${looked} guesses`),
    check(
      'the rest',
      statuses.filter((status) => status === 429).length === GUESSES - looked,
      JSON.stringify([...new Set(statuses)]),
    ),
    check('the right key from there', right === 429, `status ${right}`),
    check('the administrator elsewhere', visitor !== null, 'cannot sign in'),
  ];
}

async function guessingTogether({ gateway }: Arena): Promise<readonly Finding[]> {
  const known = new Guesser(gateway.url, '127.0.2.1');
  const before = await known.guess(MASTER_KEY);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const guessers = Array.from({ length: 100 }, (_, i) => new Guesser(gateway.url, `127.0.3.${i + 1}`));
  const statuses = (await Promise.all(guessers.map((guesser) => guesser.guesses(4)))).flat();
  const [meanwhile, stranger] = [await known.guess(MASTER_KEY), await guessers[0]?.guess(MASTER_KEY)];
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const later = await guessers[0]?.guess(MASTER_KEY);
  await Promise.all([known, ...guessers].map((guesser) => guesser.leave()));
  const looked = lookedAt(statuses);
  return [
    check('before', before === 303, `status ${before}`),
    check('looked at', looked <= IN_ALL, `${looked} guesses`),
    check('who has signed in before', meanwhile === 303, `status ${meanwhile}`),
    check('a stranger meanwhile', stranger === 429, `status ${stranger ?? 0}`),
    check('a stranger later', later === 303, `status ${later ?? 0}`),
  ];
}

async function fixation({ gateway }: Arena): Promise<readonly Finding[]> {
  const planted = ['gateway-session', '__Host-gateway-session'].map((name) => `${name}=${'A'.repeat(43)}`);
  const victim = new Visitor(gateway.url);
  victim.cookie = planted.join('; ');
  const answer = await victim.post('/ui/login', { key: MASTER_KEY });
  const attacker = new Visitor(gateway.url);
  const seen = await Promise.all(
    planted.map(async (cookie) => {
      attacker.cookie = cookie;
      return (await attacker.get('/ui')).status;
    }),
  );
  const again = new Visitor(gateway.url);
  again.cookie = victim.cookie;
  await again.post('/ui/login', { key: MASTER_KEY });
  const old = await victim.get('/ui');
  return [
    check('the login', answer.status === 303, `status ${answer.status}`),
    check('a new id', !planted.includes(victim.cookie) && victim.cookie !== '', victim.cookie.slice(0, 40)),
    check(
      'the planted id',
      seen.every((status) => status === 303),
      seen.join(' '),
    ),
    check('the id before the second login', old.status === 303, `status ${old.status}`),
  ];
}

async function keyInAddress({ gateway }: Arena): Promise<readonly Finding[]> {
  const before = gateway.child.output().length;
  const visitor = new Visitor(gateway.url);
  const answers = await Promise.all(
    ['/ui', '/ui/login', '/ui/keys', '/ui/nowhere'].flatMap((path) =>
      ['key', 'token', 'api_key', 'password'].map((name) => visitor.get(`${path}?${name}=${MASTER_KEY}`)),
    ),
  );
  const odd = answers.find(
    ({ status, headers, text }) =>
      status !== 400 || headers['referrer-policy'] !== 'no-referrer' || text.includes(MASTER_KEY),
  );
  const log = gateway.child.output().slice(before);
  return [
    check('refused', odd === undefined, `status ${odd?.status ?? 0}`),
    check('in no log', !log.includes(MASTER_KEY), 'the key is in the log'),
  ];
}
