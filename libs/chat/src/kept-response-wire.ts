import { type Wire } from '@app/pipeline';
import { KEPT_RESPONSE_PROTOCOL, readAnswer } from '@app/upstream';

/** What can be done with a response that is kept. */
interface KeptResponseAsk {
  readonly method: 'GET' | 'DELETE' | 'POST';
  /** Of the list: `limit=20&order=asc`. */
  readonly query: string;
}

const NO_BODY = [Buffer.alloc(0)];

/** A question about a kept response; its answer is JSON and costs nothing. */
export const keptResponseWire = ({ method, query }: KeptResponseAsk): Wire => ({
  isSpent: false,
  request: () => ({
    method,
    query,
    body: NO_BODY,
    contentType: 'application/json',
    accept: 'application/json',
  }),
  async open(reply, { record, deployment, scope }) {
    scope.stage(deployment.timeouts.idleMs, 'The upstream stopped in the middle of its answer.', true);
    const body = await readAnswer(reply, record.call.model, record.meter, KEPT_RESPONSE_PROTOCOL);
    return { kind: 'whole', reply, body, contentType: 'application/json' };
  },
});
