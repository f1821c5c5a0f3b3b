import { Busboy, type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { type IncomingMessage } from 'node:http';
import {
  BadRequestError,
  ClientClosedRequestError,
  type GatewayError,
  PayloadTooLargeError,
  SlowRequestError,
  UnsupportedMediaTypeError,
} from '@app/call';
import { checkFieldName, fileNameFrom, type FormField } from './form-field.js';

const LIMITS = {
  fieldNameSize: 100,
  /** Prompts are the longest. */
  fieldSize: 64 * 1024,
  fields: 32,
  files: 1,
  parts: 40,
  headerPairs: 32,
  headerSize: 8 * 1024,
} as const;
const MAX_BOUNDARY_LENGTH = 200;
/** The sender has to deliver at least this much in each period in which it is waited for. */
const LEAST_BYTES = 1024;
const PERIOD_MS = 10_000;

/** A file on its way. It has to be read, or destroyed, for the upload to go on. */
export interface UploadedFile {
  readonly name: string;
  readonly contentType: string;
  readonly stream: BusboyFileStream;
}

/** A form that is read as it arrives: never more of it is in memory than the fields and a piece of the file. */
export class Upload {
  readonly #fields: FormField[] = [];
  readonly #begun = Promise.withResolvers<UploadedFile>();
  readonly #ended = Promise.withResolvers<undefined>();
  readonly #parser: InstanceType<typeof Busboy>;
  #file: UploadedFile | null = null;
  #failure: GatewayError | null = null;
  #isOver = false;
  #bytes = 0;
  #pace: NodeJS.Timeout | undefined;

  /**
   * @param maxFileBytes of the one file
   * @param skipsEmpty fields without a value are not there
   * @throws BadRequestError, UnsupportedMediaTypeError for what is no form
   */
  constructor(
    private readonly req: IncomingMessage,
    private readonly maxFileBytes: number,
    private readonly skipsEmpty = false,
  ) {
    this.#parser = new Busboy({
      headers: formHeaders(req),
      limits: { ...LIMITS, fileSize: maxFileBytes },
      preservePath: true,
      isPartAFile: (name, type, fileName) =>
        name === 'file' || fileName !== undefined || type === 'application/octet-stream',
    });
    // Either may fail while nobody waits for it yet.
    this.#begun.promise.catch(() => undefined);
    this.#ended.promise.catch(() => undefined);
    this.#listen();
    req.on('data', this.#onBytes).once('close', this.#onClose).pipe(this.#parser);
    this.#watchPace();
  }

  /** The fields that have arrived, in order. */
  get fields(): readonly FormField[] {
    return this.#fields;
  }

  /** The last value of a field that has arrived; null where there is none. */
  field(name: string): string | null {
    return this.#fields.find((field) => field.name === name)?.value ?? null;
  }

  /** Takes a field that has arrived out of the form; empty where there is none. */
  take(name: string): string {
    const at = this.#fields.findIndex((field) => field.name === name);
    return at < 0 ? '' : (this.#fields.splice(at, 1)[0]?.value ?? '');
  }

  /** Resolves when the file begins. @throws GatewayError for a form that is not valid or has no file */
  file(): Promise<UploadedFile> {
    return this.#begun.promise;
  }

  /** Resolves when the whole form has been read. @throws GatewayError */
  ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Lets go of the request; what still comes is read away. */
  close(): void {
    this.#stop();
    if (!this.req.complete) this.req.resume();
  }

  #listen(): void {
    this.#parser
      .on('field', (name, value, isNameCut, isValueCut) => {
        this.#guarded(() => this.#onField(name, value, isNameCut || isValueCut));
      })
      .on('file', (...[name, stream, fileName, , contentType]) => {
        this.#guarded(
          () => this.#onFile(name, { name: fileNameFrom(fileName), contentType, stream }),
          stream,
        );
      })
      .on('partsLimit', () => this.#fail(new BadRequestError('The form has too many parts.', 'request_body')))
      .on('fieldsLimit', () =>
        this.#fail(new BadRequestError('The form has too many fields.', 'request_body')),
      )
      .on('filesLimit', () => this.#fail(new BadRequestError('The form has more than one file.', 'file')))
      .on('error', (cause) => this.#fail(notValid(cause)))
      .on('finish', () => this.#onFinish());
  }

  #onField(name: string | undefined, value: string, isCut: boolean): void {
    if (isCut) throw new BadRequestError('A field of the form is too long.', 'request_body');
    if (this.skipsEmpty && value === '') return;
    checkFieldName(name, this.#fields);
    this.#fields.push({ name, value });
  }

  #onFile(name: string, file: UploadedFile): void {
    if (name !== 'file') throw new BadRequestError('The file must be in the field `file`.', 'file');
    this.#file = file;
    file.stream.once('limit', () => this.#fail(new PayloadTooLargeError(this.maxFileBytes)));
    file.stream.on('error', (cause: Error) => this.#fail(notValid(cause)));
    this.#begun.resolve(file);
  }

  #onFinish(): void {
    if (this.#isOver) return;
    if (!this.#file) {
      this.#fail(new BadRequestError('The form has no `file`.', 'file'));
      return;
    }
    this.#stop();
    this.#ended.resolve(undefined);
  }

  readonly #onBytes = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
  };

  readonly #onClose = (): void => {
    if (!this.req.complete) this.#fail(new ClientClosedRequestError());
  };

  #watchPace(): void {
    let before = 0;
    this.#pace = setInterval(() => {
      const isWaitedFor = !this.req.isPaused() && !this.#parser.writableNeedDrain;
      if (isWaitedFor && this.#bytes - before < LEAST_BYTES) this.#fail(new SlowRequestError());
      before = this.#bytes;
    }, PERIOD_MS);
  }

  #guarded(step: () => void, stream?: BusboyFileStream): void {
    try {
      step();
    } catch (error) {
      stream?.on('error', () => undefined).resume();
      this.#fail(error as GatewayError);
    }
  }

  #stop(): void {
    this.#isOver = true;
    clearInterval(this.#pace);
    this.req.unpipe(this.#parser);
    this.req.removeListener('data', this.#onBytes).removeListener('close', this.#onClose);
  }

  #fail(error: GatewayError): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#stop();
    this.req.pause();
    this.#begun.reject(error);
    this.#ended.reject(error);
    this.#file?.stream.destroy(error);
  }

  /** Why the form could not be read; null while it can. */
  get failure(): GatewayError | null {
    return this.#failure;
  }
}

function formHeaders(req: IncomingMessage): BusboyHeaders {
  const type = req.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new UnsupportedMediaTypeError('Send the file as a form, with `Content-Type: multipart/form-data`.');
  }
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new UnsupportedMediaTypeError('Send the form without a content encoding.');
  }
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^;\s]+))/i.exec(type);
  const length = (boundary?.[1] ?? boundary?.[2] ?? '').length;
  if (length === 0 || length > MAX_BOUNDARY_LENGTH) {
    throw new BadRequestError('The form has no valid boundary.', 'request_body');
  }
  return { 'content-type': type };
}

const notValid = (cause: unknown): BadRequestError =>
  new BadRequestError('The form is not valid, or ends too early.', 'request_body', { cause });
