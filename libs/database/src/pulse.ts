import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import pg from 'pg';

/** Something that is asked with every sign of life of a connection. */
export interface PulseQuestion {
  /** A query for one value. */
  readonly sql: string;
  /** A statement that is carried out along with it; the query does not see what it changes. */
  readonly along?: string;
  /** Called with the value as text; what it throws is logged and reaches nobody. */
  readonly hear: (answer: string | null) => void;
}

/**
 * The signs of life of one connection, which carry everybody's regular questions: one statement every few seconds however
 * many want to know something. Whoever asks has to ask by other ways while it does not beat.
 */
export class Pulse {
  readonly #logger = new Logger('Pulse');
  readonly #questions = new Set<PulseQuestion>();
  readonly #events = new EventEmitter().setMaxListeners(0);
  #isBeating = false;

  /** True from the first answer until the connection is lost, or PostgreSQL refuses what is asked. */
  get isBeating(): boolean {
    return this.#isBeating;
  }

  /** Asks from the next beat on. Returns the way to stop. */
  ask(question: PulseQuestion): () => void {
    this.#questions.add(question);
    return () => this.#questions.delete(question);
  }

  /** Called each time it ceases to beat. Returns the way to stop. */
  onStop(listener: () => void): () => void {
    this.#events.on('stop', listener);
    return () => this.#events.off('stop', listener);
  }

  /** @throws what the connection fails with */
  async beat(client: pg.Client): Promise<void> {
    const asked = [...this.#questions];
    try {
      const { rows } = await client.query<(string | null)[]>({ text: textOf(asked), rowMode: 'array' });
      this.#isBeating = true;
      asked.forEach((question, place) => this.#tell(question, rows[0]?.[place] ?? null));
    } catch (error) {
      this.stop();
      if (!(error instanceof pg.DatabaseError)) throw error;
      // It is there, and will not do that: one that may only be read, for instance.
      this.#logger.debug(`PostgreSQL refuses the regular questions: ${error.message}`);
      await client.query('SELECT 1');
    }
  }

  /** The connection is lost. */
  stop(): void {
    if (!this.#isBeating) return;
    this.#isBeating = false;
    this.#events.emit('stop');
  }

  #tell({ hear }: PulseQuestion, answer: string | null): void {
    try {
      hear(answer);
    } catch (error) {
      this.#logger.error(`An answer was not understood: ${String(error)}`);
    }
  }
}

function textOf(asked: readonly PulseQuestion[]): string {
  const along = asked.flatMap((question, place) =>
    question.along === undefined ? [] : [`along_${place} AS (${question.along})`],
  );
  const values = asked.map(({ sql }) => `(${sql})::text`).join(', ');
  return `${along.length > 0 ? `WITH ${along.join(', ')} ` : ''}SELECT ${values === '' ? '1' : values}`;
}
