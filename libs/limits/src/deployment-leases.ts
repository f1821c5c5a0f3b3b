import { type Call, type LimitRule } from '@app/call';
import { type DeploymentBounds, type DeploymentClaim, type DeploymentLimits } from '@app/routing';
import { type Gauge, gaugesOf } from './gauge.js';
import { type LeaseKeeper } from './lease-keeper.js';
import { type Pool } from './pool.js';
import { callBoundOf, claimOf } from './standing.js';

/** With less than this part of its share of a limit in hand a process fetches more, before it lacks any. */
const LOW_PART = 8n;

/**
 * Keeps deployments within their limits together with all other processes: by leases, as the limits of keys. A call
 * waits for PostgreSQL only where this process has nothing in hand; while PostgreSQL is away it has its equal share.
 */
export class DeploymentLeases implements DeploymentLimits {
  readonly #gauges = new WeakMap<DeploymentBounds, readonly Gauge[]>();
  readonly #filling = new Set<Pool>();

  constructor(private readonly leases: Pick<LeaseKeeper, 'pool' | 'fill'>) {}

  hasRoom(bounds: DeploymentBounds): boolean {
    const nowMs = performance.now();
    return this.#gaugesOf(bounds).every((gauge) => {
      const pool = poolOf(gauge);
      pool.refresh(nowMs);
      return pool.available > 0n;
    });
  }

  claim(bounds: DeploymentBounds, call: Call): DeploymentClaim {
    const nowMs = performance.now();
    const bound = callBoundOf(call, 0n);
    const taken = this.#gaugesOf(bounds).map((gauge) => {
      const pool = poolOf(gauge);
      const { need } = claimOf(gauge, bound);
      const amount = pool.available < need ? pool.available : need;
      pool.take(amount, nowMs);
      this.#fillEarly(pool);
      return { pool, amount };
    });
    return {
      settle: (usedTokens) => {
        settle(taken, BigInt(usedTokens));
        // Also where more was used than taken: the others learn of it with the question.
        for (const { pool } of taken) if (pool.name.kind === 'tokens') this.#fillEarly(pool);
      },
    };
  }

  async fetch(all: readonly DeploymentBounds[], call: Call): Promise<boolean> {
    const nowMs = performance.now();
    const bound = callBoundOf(call, 0n);
    const wants = all
      .flatMap((bounds) => this.#gaugesOf(bounds))
      .map((gauge) => ({ pool: poolOf(gauge), need: claimOf(gauge, bound).need }))
      .filter(({ pool }) => pool.available <= 0n && pool.mayGet(1n, nowMs));
    await Promise.all(wants.map(({ pool, need }) => this.leases.fill(pool, need, 1n)));
    return wants.length > 0;
  }

  /** Only what nobody has in hand: no other process is asked to give back. */
  #fillEarly(pool: Pool): void {
    const { balance, available, cap } = pool;
    if (!balance || balance.free <= 0n || this.#filling.has(pool)) return;
    if (available >= cap / (LOW_PART * BigInt(balance.live))) return;
    this.#filling.add(pool);
    this.leases
      .fill(pool, 1n, 1n)
      // Whoever lacks it then asks again.
      .catch(() => undefined)
      .finally(() => this.#filling.delete(pool));
  }

  #gaugesOf(bounds: DeploymentBounds): readonly Gauge[] {
    let gauges = this.#gauges.get(bounds);
    if (!gauges) {
      gauges = gaugesOf([ruleOf(bounds)], (name, cap) => this.leases.pool(name, cap));
      this.#gauges.set(bounds, gauges);
    }
    return gauges;
  }
}

const poolOf = ({ meter, cap }: Gauge): Pool => meter.pool(cap, Date.now());

function settle(taken: readonly { pool: Pool; amount: bigint }[], usedTokens: bigint): void {
  const nowMs = performance.now();
  for (const { pool, amount } of taken) {
    pool.settle(amount, pool.name.kind === 'tokens' ? usedTokens : 0n, nowMs);
  }
}

/** All models behind the pattern of one deployment count together. */
function ruleOf({ deployment, ...limits }: DeploymentBounds): LimitRule {
  return Object.freeze({
    ...limits,
    scope: `deployment:${deployment.id}`,
    model: null,
    maxBudgetPicoUsd: null,
    softBudgetPicoUsd: null,
    budgetDuration: null,
    budgetStartsAtMs: 0,
  });
}
