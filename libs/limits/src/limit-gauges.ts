import { type Outcome, type OutcomeSink, usdNumber } from '@app/call';
import { type ConfigStore } from '@app/config';
import { type Family, labelText, type Series } from '@app/observability';
import { type LeaseKeeper } from './lease-keeper.js';
import { type Pool, type PoolKind } from './pool.js';

/** Limits that are told of one kind of owner: with three series each all of them stay below 1,400. */
const MOST = 150;
/** All families of one scrape tell of the same choice. */
const CHOSEN_MS = 500;
const MAX_NAMES = 10_000;
const HOUR_MS = 3_600_000;
const NONE = 'None';

type Owner = 'api_key' | 'team' | 'user';
type Chosen = Readonly<Record<Owner | 'requests' | 'tokens', readonly Pool[]>>;
type Labels = (pool: Pool) => Record<string, string>;

const OWNERS: readonly Owner[] = ['api_key', 'team', 'user'];
const PREFIX: Readonly<Record<Owner, string>> = { api_key: 'key:', team: 'team:', user: 'user:' };

/**
 * What is left of budgets and rates, under LiteLLM's names: of those that have called this process lately, and of these
 * the ones of which least is left. Nothing is told until it is switched on, since it names keys and people.
 */
export class LimitGauges implements OutcomeSink {
  /** By scope. */
  readonly #aliases = new Map<string, string>();
  #chosen: Chosen | null = null;
  #chosenAtMs = 0;

  constructor(
    private readonly leases: Pick<LeaseKeeper, 'pools'>,
    private readonly config: Pick<ConfigStore, 'current'>,
  ) {}

  /** Remembers what owners of limits are called. */
  accept({ call: { caller } }: Outcome): void {
    if (caller.rules.length === 0 || !this.#isOn()) return;
    if (caller.keyAlias !== null) this.#note(`key:${caller.keyHash}`, caller.keyAlias);
    if (caller.teamId !== null && caller.teamAlias !== null)
      this.#note(`team:${caller.teamId}`, caller.teamAlias);
  }

  families(): Family[] {
    const key: Labels = ({ name: { scope } }) => ({
      hashed_api_key: scope.slice(PREFIX.api_key.length),
      api_key_alias: this.#aliases.get(scope) ?? NONE,
    });
    const team: Labels = ({ name: { scope } }) => ({
      team: scope.slice(PREFIX.team.length),
      team_alias: this.#aliases.get(scope) ?? NONE,
    });
    const labels: Readonly<Record<Owner, Labels>> = {
      api_key: key,
      team,
      user: ({ name: { scope } }) => ({ user: scope.slice(PREFIX.user.length) }),
    };
    return [
      ...OWNERS.flatMap((owner) => this.#budgets(owner, labels[owner])),
      ...(['requests', 'tokens'] as const).map((kind) =>
        this.#family(
          `litellm_remaining_api_key_${kind}_for_model`,
          `What a key has left of its ${kind} in a minute.`,
          () =>
            this.#now()[kind].map((pool) => ({
              labels: labelText({ ...key(pool), model: pool.name.model ?? NONE, model_id: NONE }),
              value: Number(pool.remaining()),
            })),
        ),
      ),
    ];
  }

  #budgets(owner: Owner, labels: Labels): Family[] {
    const of = (valueOf: (pool: Pool) => number) => (): Series[] =>
      this.#now()
        [owner].map((pool) => ({ labels: labelText(labels(pool)), value: valueOf(pool) }))
        .filter(({ value }) => Number.isFinite(value));
    const what = owner.replace('_', ' ');
    return [
      this.#family(
        `litellm_remaining_${owner}_budget_metric`,
        `US dollars left of the budget, by ${what}.`,
        of((pool) => usdNumber(pool.cap - pool.spent())),
      ),
      this.#family(
        `litellm_${owner}_max_budget_metric`,
        `US dollars of the budget, by ${what}.`,
        of((pool) => usdNumber(pool.cap)),
      ),
      this.#family(
        `litellm_${owner}_budget_remaining_hours_metric`,
        `Hours until the budget begins anew, by ${what}.`,
        of(({ name }) => Math.max(0, name.endsAtMs - Date.now()) / HOUR_MS),
      ),
    ];
  }

  #family(name: string, help: string, read: () => Series[]): Family {
    return { name, help, type: 'gauge', read: () => (this.#isOn() ? read() : []) };
  }

  #isOn(): boolean {
    return this.config.current.litellm.publishesBudgets;
  }

  #note(scope: string, alias: string): void {
    if (this.#aliases.get(scope) === alias) return;
    this.#aliases.set(scope, alias);
    const [oldest] = this.#aliases.keys();
    if (this.#aliases.size > MAX_NAMES && oldest !== undefined) this.#aliases.delete(oldest);
  }

  #now(): Chosen {
    const nowMs = performance.now();
    if (this.#chosen && nowMs - this.#chosenAtMs < CHOSEN_MS) return this.#chosen;
    const pools = [...this.leases.pools()];
    const budgets = (owner: Owner): Pool[] => scarcest(pools, 'money', PREFIX[owner]);
    this.#chosenAtMs = nowMs;
    return (this.#chosen = {
      api_key: budgets('api_key'),
      team: budgets('team'),
      user: budgets('user'),
      requests: scarcest(pools, 'requests', PREFIX.api_key),
      tokens: scarcest(pools, 'tokens', PREFIX.api_key),
    });
  }
}

/** Those of which the smallest part is left. Budgets for one model have no name at LiteLLM. */
function scarcest(pools: readonly Pool[], kind: PoolKind, prefix: string): Pool[] {
  const nowMs = Date.now();
  return pools
    .filter(({ name }) => name.kind === kind && name.scope.startsWith(prefix) && name.endsAtMs > nowMs)
    .filter(({ name }) => kind !== 'money' || name.model === null)
    .map((pool) => ({ pool, left: partLeft(pool) }))
    .sort((one, other) => one.left - other.left)
    .slice(0, MOST)
    .map(({ pool }) => pool);
}

function partLeft(pool: Pool): number {
  const left = pool.name.kind === 'money' ? pool.cap - pool.spent() : pool.remaining();
  return Number(left) / (Number(pool.cap) || 1);
}
