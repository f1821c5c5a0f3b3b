import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outcome, type OutcomeSink, RecentMap } from '@app/call';
import { unavailableFrom } from '@app/database';
import { DataSource } from 'typeorm';

/** Whose a response is, and where it was made. */
export interface ResponseOrigin {
  readonly keyHash: string;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly deploymentId: string;
  /** As the client asked for it. */
  readonly model: string;
}

const REMEMBERED = 10_000;
/** Another process may have answered a moment ago: its row arrives within this time. */
const ARRIVES_MS = 700;

/** A response is its key's under the credential that the key has now. */
const FIND = `
  SELECT coalesce(successor.active_hash, key.word) AS "keyHash", person.word AS "userId", team.word AS "teamId",
    deployment.word AS "deploymentId", coalesce(log.asked_model, model_group.word) AS model
  FROM spend_logs AS log
    JOIN spend_words AS key ON key.code = log.key_code
    JOIN spend_words AS type ON type.code = log.call_type_code AND type.word = 'aresponses'
    JOIN spend_words AS deployment ON deployment.code = log.deployment_code
    JOIN spend_words AS model_group ON model_group.code = log.model_group_code
    LEFT JOIN spend_words AS person ON person.code = log.user_code
    LEFT JOIN spend_words AS team ON team.code = log.team_code
    LEFT JOIN key_successors AS successor ON successor.hash = key.word
  WHERE log.response_id = $1 AND log.status < 400
  ORDER BY log.started_at LIMIT 1`;

/**
 * Finds the way back from the id of a response, which providers keep for their account and not for ours: to its owner,
 * and to the deployment that has it. New ones are known here at once, all others from their rows.
 */
@Injectable()
export class ResponseOrigins implements OutcomeSink {
  readonly #recent = new RecentMap<ResponseOrigin>(REMEMBERED);

  /** Calls wait for it: not among the reports, where two slow ones hold up all others. */
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  accept({ call, deployment, responseId, status }: Outcome): void {
    if (call.type !== 'aresponses' || responseId === null || deployment === null || status >= 400) return;
    const { keyHash, userId, teamId } = call.caller;
    const origin = { keyHash, userId, teamId, deploymentId: deployment.id, model: call.model };
    this.#recent.set(responseId, Object.freeze(origin));
  }

  /** Null: there is no such response here. @throws UnavailableError */
  async of(responseId: string): Promise<ResponseOrigin | null> {
    return this.#recent.get(responseId) ?? this.written(responseId);
  }

  /** As the rows tell it: of a key under the credential that it has now. @throws UnavailableError */
  async written(responseId: string): Promise<ResponseOrigin | null> {
    const known = await this.#read(responseId);
    if (known) return known;
    await sleep(ARRIVES_MS);
    return this.#read(responseId);
  }

  async #read(responseId: string): Promise<ResponseOrigin | null> {
    try {
      const [row] = await this.dataSource.query<ResponseOrigin[]>(FIND, [responseId]);
      return row ?? null;
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }
}
