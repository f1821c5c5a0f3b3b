import { type JsonObject } from '@app/call';
import { type RouteEntry } from '../route-table.js';

/** The one shape of every error. */
export const ERROR_SCHEMA: JsonObject = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string', minLength: 1 },
        type: { type: 'string', minLength: 1 },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is not valid; `param` names the field.',
  401: 'No credential, or one that is not valid.',
  403: 'The credential does not allow this.',
  404: 'There is nothing of that name.',
  408: 'The request came too slowly.',
  409: 'Something of that name is there already.',
  413: 'The body is too large.',
  415: 'The body is not what its `Content-Type` has to say.',
  429: 'A budget or a rate limit is reached; `Retry-After` tells when to come back.',
  502: 'The backend failed.',
  503: 'Not available now; `Retry-After` tells when to come back.',
  504: 'The backend did not answer in time.',
};

const OF_BODIES = [408, 413, 415];
const OF_ACCESS: Readonly<Record<RouteEntry['access'], readonly number[]>> = {
  public: [400, 429, 503],
  inference: [400, 401, 403, 404, 429, 502, 503, 504],
  self: [400, 401, 403, 404, 409, 429, 503],
  admin: [400, 401, 403, 404, 409, 429, 503],
};

/** What a route may answer. */
export function answersOf({ access }: RouteEntry, hasBody: boolean): JsonObject {
  const statuses = [...OF_ACCESS[access], ...(hasBody ? OF_BODIES : [])].sort((a, b) => a - b);
  const errors = statuses.map((status) => [
    String(status),
    {
      description: MEANINGS[status] ?? '',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    },
  ]);
  return { '200': { description: 'Done.' }, ...(Object.fromEntries(errors) as JsonObject) };
}
