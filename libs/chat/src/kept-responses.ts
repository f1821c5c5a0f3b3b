import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import {
  BadRequestError,
  type Call,
  type Caller,
  type CallType,
  GatewayError,
  type GatewayRequest,
  NotFoundError,
  parseJsonBody,
  readCall,
  UpstreamError,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { DoorRequests, PipelineService } from '@app/pipeline';
import { type ResponseOrigin, ResponseOrigins } from '@app/spend';
import { keptResponseWire } from './kept-response-wire.js';

/** A request about a kept response. */
interface KeptRequest {
  readonly req: GatewayRequest;
  readonly res: ServerResponse;
  readonly id: string;
}

interface KeptAsk {
  readonly type: CallType;
  readonly method: 'GET' | 'DELETE' | 'POST';
  /** Below the response: `/input_items`. */
  readonly below: string;
}

const NO_REPLAY =
  '`stream` is not supported here: only responses that are made in the background are streamed again.';
const EMPTY = parseJsonBody(Buffer.from('{}'));
/** Of the list of a response's input; others mean nothing to it. */
const LIST_PARAMETERS = ['limit', 'order', 'after', 'before', 'include', 'include[]'];
const FOREIGN_CONVERSATION =
  '`conversation` is not supported: the gateway cannot tell whose it is. Go on with `previous_response_id`, or have ' +
  '`general_settings.disable_responses_id_security` set where all keys may read what the account of the provider holds.';
const ID = /^[\w=.:+-]{1,512}$/;

/** Responses that providers keep: each is its owner's alone, and only the deployment that made it has it. */
@Injectable()
export class KeptResponses {
  constructor(
    private readonly origins: ResponseOrigins,
    private readonly door: DoorRequests,
    private readonly pipeline: PipelineService,
    private readonly config: ConfigStore,
  ) {}

  /** @throws GatewayError 404 for an id that is nobody's, and for one of somebody else's: the two look the same */
  async originOf(id: string, caller: Caller): Promise<ResponseOrigin> {
    const known = ID.test(id) && /\w/.test(id) ? await this.origins.of(id) : null;
    if (known && (this.#isOpen || isOf(known, caller))) return known;
    // A key that has been given another credential since is found in the rows alone.
    const written = known && (await this.origins.written(id));
    if (written && isOf(written, caller)) return written;
    throw new GatewayError(404, 'invalid_request_error', `Response with id '${id.slice(0, 64)}' not found.`);
  }

  get #isOpen(): boolean {
    return this.config.current.general.disableResponsesIdSecurity;
  }

  /**
   * Asks the backend that has the response, with the same bracket as every call.
   * @throws GatewayError
   */
  async ask({ req, res, id }: KeptRequest, { type, method, below }: KeptAsk): Promise<void> {
    const query = method === 'GET' ? queryOf(req) : '';
    const { clientAddress, signal, userHeaderName } = this.door.factsOf(req, res);
    const { model, deploymentId } = await this.originOf(id, req.caller);
    const known = {
      ...{ type, model, upstreamPath: `/responses/${id}${below}`, body: EMPTY, bodyBytes: 0 },
      ...{ stream: false, wantsUsage: false, clientAddress, signal },
    };
    const call = { ...readCall(req, known, userHeaderName), deploymentId };
    await this.pipeline.run(call, res, keptResponseWire({ method, query })).catch((error: unknown) => {
      if (!(error instanceof UpstreamError) || error.status !== 404) throw error;
      throw new NotFoundError('The backend that made this response does not keep it, or no longer.');
    });
  }

  /**
   * A call that goes on from a kept response goes where that was made.
   * @throws GatewayError 400 `previous_response_not_found`, and for a conversation, whose owner nobody here knows
   */
  async followed(call: Call): Promise<Call> {
    if (
      (call.body.object['conversation'] ?? null) !== null &&
      !this.#isOpen &&
      call.caller.kind !== 'master'
    ) {
      throw new BadRequestError(FOREIGN_CONVERSATION, 'conversation');
    }
    const previous = call.body.object['previous_response_id'] ?? null;
    if (previous === null) return call;
    const id = typeof previous === 'string' ? previous : '';
    const origin = await this.originOf(id, call.caller).catch((error: unknown) => {
      if (!(error instanceof GatewayError) || error.status !== 404) throw error;
      throw new GatewayError(400, error.type, `Previous r${error.message.slice(1)}`, {
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      });
    });
    return { ...call, deploymentId: origin.deploymentId };
  }
}

/** Of the same key or the same person; of a team where no person has made it. */
function isOf(origin: ResponseOrigin, { kind, keyHash, userId, teamId }: Caller): boolean {
  if (kind === 'master' || origin.keyHash === keyHash) return true;
  if (origin.userId !== null) return origin.userId === userId;
  return origin.teamId !== null && origin.teamId === teamId;
}

/** @throws BadRequestError: streams of what has been made are not made again */
function queryOf({ url }: GatewayRequest): string {
  const given = new URLSearchParams(url.split('?')[1] ?? '');
  if (/^(?:true|1)$/i.test(given.get('stream') ?? '')) throw new BadRequestError(NO_REPLAY, 'stream');
  return String(new URLSearchParams([...given].filter(([name]) => LIST_PARAMETERS.includes(name))));
}
