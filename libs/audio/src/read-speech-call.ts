import {
  BadRequestError,
  type Call,
  type GatewayRequest,
  type JsonBody,
  type JsonObject,
  modelNameFrom,
  readCall,
  refuseFields,
} from '@app/call';
import { type RequestFacts } from '@app/pipeline';

const MOST_SPEED = 16;

/**
 * Reads a request for speech. Voices and formats are the backend's business.
 * @throws BadRequestError naming the field
 */
export function readSpeechCall(req: GatewayRequest, body: JsonBody, options: RequestFacts): Call {
  refuseFields(body.object, options.allowMockRequests);
  const model = modelNameFrom(options.pathModel ?? body.object['model']);
  checkSpeech(body.object);
  return readCall(
    req,
    {
      type: 'aspeech',
      upstreamPath: '/audio/speech',
      model,
      body,
      bodyBytes: body.bytes.length,
      stream: true,
      wantsUsage: false,
      clientAddress: options.clientAddress,
      signal: options.signal,
    },
    options.userHeaderName,
  );
}

function checkSpeech({
  input,
  speed,
  response_format: format,
  stream_format: streamFormat,
  speak_early: speakEarly,
}: JsonObject): void {
  if (typeof input !== 'string' || input.trim() === '') {
    throw new BadRequestError('`input` must be the text to speak.', 'input');
  }
  if (format !== undefined && format !== null && typeof format !== 'string') {
    throw new BadRequestError('`response_format` must be a text such as `mp3`.', 'response_format');
  }
  if (
    speed !== undefined &&
    speed !== null &&
    !(typeof speed === 'number' && speed > 0 && speed <= MOST_SPEED)
  ) {
    throw new BadRequestError(`\`speed\` must be a number above 0, ${MOST_SPEED} at most.`, 'speed');
  }
  if (speakEarly !== undefined && speakEarly !== null && typeof speakEarly !== 'boolean') {
    throw new BadRequestError('`speak_early` must be true or false.', 'speak_early');
  }
  if (streamFormat === 'sse') {
    throw new BadRequestError(
      '`stream_format` must be `audio`: speech leaves as it is made.',
      'stream_format',
    );
  }
}
