import { type Measured, type Row } from './row.ts';
import { type Aftermath } from './witness.ts';

/** Figures in which rows tell how many answers have no row in the books. */
const LOST = ['missing', 'missingRows', 'upstreamWithoutRow'];

interface Outcome {
  readonly id: string;
  readonly pass: boolean;
  readonly seconds: number;
}

/** Adds up what a whole run came to: three figures that have to be 0, and how many rows hold. */
export class Totals {
  readonly #outcomes: Outcome[] = [];
  #unexplainedPicoUsd = 0n;
  #lost = 0;
  #canaries = 0;

  add(
    { id }: Pick<Row, 'id'>,
    { pass, measured }: Measured,
    { seconds, after }: { readonly seconds: number; readonly after: Aftermath },
  ): void {
    this.#outcomes.push({ id, pass, seconds });
    this.#unexplainedPicoUsd += picoOf(after.unexplained);
    const told = LOST.reduce((sum, name) => sum + Number(measured[name] ?? 0), 0);
    this.#lost += Math.max(told, after.lost);
    this.#canaries += after.canaries.length;
  }

  get isGreen(): boolean {
    const isClean = this.#unexplainedPicoUsd === 0n && this.#lost === 0 && this.#canaries === 0;
    return isClean && this.#outcomes.every(({ pass }) => pass);
  }

  /** The last line of a run. */
  line(): object {
    const red = this.#outcomes.filter(({ pass }) => !pass).map(({ id }) => id);
    return {
      totals: {
        rows: this.#outcomes.length,
        green: this.#outcomes.length - red.length,
        red,
        unexplainedUsd: usdOf(this.#unexplainedPicoUsd),
        requestsLost: this.#lost,
        canariesSeenOutside: this.#canaries,
        seconds: this.#outcomes.reduce((sum, { seconds }) => sum + seconds, 0),
      },
    };
  }

  /** For people: one line a row. */
  table(): string {
    return this.#outcomes
      .map(({ id, pass, seconds }) => `${id.padEnd(4)} ${pass ? 'green' : 'RED  '} ${seconds} s`)
      .join('\n');
  }
}

const DECIMALS = 12;

function picoOf(usd: string): bigint {
  const [whole = '0', fraction = ''] = usd.split('.');
  return BigInt(whole + fraction.padEnd(DECIMALS, '0'));
}

function usdOf(pico: bigint): string {
  const digits = String(pico).padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`;
}
