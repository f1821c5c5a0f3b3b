import {
  BadRequestError,
  type Call,
  type GatewayRequest,
  isJsonObject,
  type JsonBody,
  type JsonObject,
  modelNameFrom,
  readCall,
  refuseFields,
} from '@app/call';
import { type CallKind } from './call-kinds.js';
import { checkParameters } from './check-parameters.js';

export interface ReadOptions {
  readonly kind: CallKind;
  /** From the path, which wins over the body; null where the path names none. */
  readonly pathModel: string | null;
  readonly allowMockRequests: boolean;
  readonly userHeaderName: string | null;
  readonly clientAddress: string;
  readonly signal: AbortSignal;
}

/**
 * Reads a request for text or vectors. Unknown fields are none of our business and go upstream as they are.
 * @throws BadRequestError naming the field
 */
export function readChatCall(req: GatewayRequest, body: JsonBody, options: ReadOptions): Call {
  const { kind } = options;
  const { object } = body;
  refuseFields(object, options.allowMockRequests);
  checkParameters(object);
  const model = modelNameFrom(options.pathModel ?? object['model']);
  checkPrompt(object, kind);
  const streamOptions = object['stream_options'];
  return readCall(
    req,
    {
      type: kind.type,
      upstreamPath: kind.upstreamPath,
      model,
      body,
      bodyBytes: body.bytes.length,
      stream: kind.streams && object['stream'] === true,
      wantsUsage: isJsonObject(streamOptions) && streamOptions['include_usage'] === true,
      clientAddress: options.clientAddress,
      signal: options.signal,
    },
    options.userHeaderName,
  );
}

function checkPrompt(object: JsonObject, { promptField }: CallKind): void {
  const prompt = object[promptField];
  if (promptField === 'messages') {
    if (!Array.isArray(prompt) || prompt.length === 0 || !prompt.every(isJsonObject)) {
      throw new BadRequestError('`messages` must be a list of at least one message.', 'messages');
    }
  } else if (typeof prompt !== 'string' && !Array.isArray(prompt)) {
    throw new BadRequestError(`\`${promptField}\` must be a text or a list.`, promptField);
  }
}
