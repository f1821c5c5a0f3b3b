import { Readable } from 'node:stream';
import { type Call, type Deployment, type JsonValue, refuseFields } from '@app/call';
import { type Answer, type Attempted, type Wire } from '@app/pipeline';
import { audioBoundOf } from '@app/spend';
import { ByteStream, type UpstreamReply } from '@app/upstream';
import { AudioTimer } from './audio-timer.js';
import { type FormField } from './form-field.js';
import { MultipartForm } from './multipart-form.js';
import { readTranscript } from './read-transcript.js';
import { type Spool } from './spool.js';
import { TranscriptFilter } from './transcript-filter.js';
import { transcriptionUsage } from './transcription-usage.js';
import { type Upload, type UploadedFile } from './upload.js';

const SSE_TYPE = /^text\/event-stream\b/i;
const PIECE_BYTES = 64 * 1024;

/** A form in, a transcript out. The file goes on as it comes, or from where it was put meanwhile. */
export class TranscriptionWire implements Wire {
  readonly timer: AudioTimer;
  #isSpent = false;

  constructor(
    private readonly upload: Upload,
    private readonly file: UploadedFile,
  ) {
    this.timer = new AudioTimer(file.contentType);
  }

  /** Where the file waits, with the whole form read. */
  spool: Spool | null = null;

  get isSpent(): boolean {
    return this.#isSpent;
  }

  request(call: Call, deployment: Deployment): ReturnType<Wire['request']> {
    const form = new MultipartForm();
    return {
      body: Readable.from(this.#pieces(form, call, deployment), {
        objectMode: false,
        highWaterMark: PIECE_BYTES,
      }),
      contentType: form.contentType,
      accept: '*/*',
    };
  }

  async open(reply: UpstreamReply, { record, deployment, scope }: Attempted): Promise<Answer> {
    const { idleMs } = deployment.timeouts;
    const { meter } = record;
    const mostSeconds = audioBoundOf(record.call);
    const count = (facts = {}): void =>
      meter.counted(transcriptionUsage(facts, this.timer.length(), mostSeconds));
    if (SSE_TYPE.test(reply.headers['content-type'] ?? '')) {
      const stream = new ByteStream(reply, new TranscriptFilter(count), { scope, idleMs });
      await stream.opened();
      count();
      return { kind: 'stream', reply, stream, headers: EVENT_STREAM, scope };
    }
    scope.stage(idleMs, 'The upstream stopped in the middle of its answer.', false);
    // From the form: the field may have come after the file.
    const format = this.upload.field('response_format') ?? textOf(deployment.defaults['response_format']);
    const { bytes, contentType, facts } = await readTranscript(reply, format ?? 'json');
    count(facts);
    return { kind: 'whole', reply, body: { pieces: [bytes], length: bytes.length }, contentType };
  }

  async *#pieces(form: MultipartForm, call: Call, deployment: Deployment): AsyncGenerator<Buffer> {
    const { name, contentType } = this.file;
    const sent = this.upload.fields.length;
    yield form.fields([
      { name: 'model', value: deployment.upstreamModel },
      ...defaultsFor(call, deployment),
      ...fieldsFor(call, this.upload.fields),
    ]);
    yield form.fileHead(name, contentType);
    yield* this.#fileBytes();
    yield form.fileEnd;
    yield form.fields(fieldsFor(call, this.upload.fields.slice(sent)));
    yield form.end;
  }

  async *#fileBytes(): AsyncGenerator<Buffer> {
    if (this.spool) {
      for await (const chunk of this.spool.read()) yield chunk as Buffer;
      return;
    }
    this.#isSpent = true;
    for await (const chunk of this.file.stream) {
      this.timer.push(chunk as Buffer);
      yield chunk as Buffer;
    }
    await this.upload.ended();
  }
}

const EVENT_STREAM = [
  ...['content-type', 'text/event-stream; charset=utf-8'],
  ...['cache-control', 'no-cache'],
  ...['x-accel-buffering', 'no'],
] as const;

/** Those for the backend. Some may have come after the call was judged. @throws BadRequestError */
function fieldsFor({ ownFields }: Call, fields: readonly FormField[]): FormField[] {
  refuseFields(Object.fromEntries(fields.map(({ name, value }) => [name, value])), false);
  return fields.filter(({ name }) => name !== 'model' && !ownFields.has(name));
}

function defaultsFor(call: Call, { defaults }: Deployment): FormField[] {
  return Object.entries(defaults).flatMap(([name, value]) => {
    const text = textOf(value);
    return text === null || name in call.body.object ? [] : { name, value: text };
  });
}

const textOf = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
