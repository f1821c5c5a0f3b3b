import {
  BadRequestError,
  type Call,
  type GatewayRequest,
  modelNameFrom,
  parseJsonBody,
  readCall,
  refuseFields,
} from '@app/call';
import { type RequestFacts } from '@app/pipeline';
import { type FormField } from './form-field.js';

const FORMATS = new Set(['json', 'text', 'srt', 'vtt', 'verbose_json', 'diarized_json']);

/** What is asked of the sound of a file. */
export type Listening = 'transcriptions' | 'translations';

/**
 * Reads a request for a transcript.
 * @param bodyBytes of the whole form, or of the file: more audio than fits in them it cannot be
 * @throws BadRequestError naming the field
 */
export function readTranscriptionCall(
  req: GatewayRequest,
  form: { readonly fields: readonly FormField[]; readonly bodyBytes: number; readonly kind: Listening },
  options: RequestFacts,
): Call {
  const values = Object.fromEntries(form.fields.map(({ name, value }) => [name, value]));
  refuseFields(values, options.allowMockRequests);
  const model = modelNameFrom(options.pathModel ?? values['model']);
  const format = values['response_format'];
  if (format !== undefined && !FORMATS.has(format)) {
    throw new BadRequestError(
      `\`response_format\` must be one of ${[...FORMATS].join(', ')}.`,
      'response_format',
    );
  }
  return readCall(
    req,
    {
      type: 'atranscription',
      upstreamPath: `/audio/${form.kind}`,
      model,
      body: parseJsonBody(Buffer.from(JSON.stringify(values))),
      bodyBytes: form.bodyBytes,
      stream: form.kind === 'transcriptions' && /^(?:true|1|yes|on)$/i.test(values['stream'] ?? ''),
      wantsUsage: false,
      clientAddress: options.clientAddress,
      signal: options.signal,
    },
    options.userHeaderName,
  );
}
