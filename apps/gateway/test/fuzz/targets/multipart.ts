import { Readable } from 'node:stream';
import { built, cut, must, type Target } from '../target.ts';

interface UploadedFile {
  readonly name: string;
  readonly contentType: string;
  readonly stream: Readable;
}

interface FormUpload {
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  file(): Promise<UploadedFile>;
  ended(): Promise<void>;
  close(): void;
}

const { Upload } = await built<{ readonly Upload: new (req: Readable, maxFileBytes: number) => FormUpload }>(
  'libs/audio/src/upload.js',
);
const { GatewayError } = await built<{ readonly GatewayError: new () => Error }>('libs/call/src/index.js');

const LIMITS = { fields: 32, nameLength: 100, valueBytes: 64 * 1024, fileBytes: 512 };
const BOUNDARY = 'xYz';
const PATIENCE_MS = 1_500;

/** What an upload came to; an error by its words. */
interface Outcome {
  readonly error: string | null;
  readonly fields: string;
  readonly file: string | null;
}

async function upload(pieces: readonly Buffer[]): Promise<Outcome> {
  const req = Object.assign(Readable.from(pieces, { objectMode: false }), {
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    complete: false,
  });
  req.on('end', () => (req.complete = true));
  const form = new Upload(req, LIMITS.fileBytes);
  const timer = Promise.withResolvers<never>();
  const late = setTimeout(() => timer.reject(new Error('it neither ends nor fails')), PATIENCE_MS);
  let bytes: Buffer | null = null;
  try {
    const file = await Promise.race([form.file(), timer.promise]);
    must(
      !/[\u0000-\u001f\u007f"\\/]/.test(file.name),
      `a file name that splits headers: ${JSON.stringify(file.name)}`,
    );
    const chunks: Buffer[] = [];
    file.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    await Promise.race([form.ended(), timer.promise]);
    bytes = Buffer.concat(chunks);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { error: error.message, fields: '', file: null };
  } finally {
    clearTimeout(late);
    form.close();
    req.destroy();
  }
  must(form.fields.length <= LIMITS.fields, `${form.fields.length} fields`);
  for (const { name, value } of form.fields) {
    must(name.length <= LIMITS.nameLength && name !== '__proto__', `a field called ${name.slice(0, 200)}`);
    must(Buffer.byteLength(value) <= LIMITS.valueBytes * 3, 'a value beyond the limit');
  }
  must(bytes.length <= LIMITS.fileBytes, `a file of ${bytes.length} bytes`);
  return { error: null, fields: JSON.stringify(form.fields), file: bytes.toString('hex') };
}

const part = (head: string, body: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${body}\r\n`;
const END = `--${BOUNDARY}--\r\n`;

export const MULTIPART: Target = {
  name: 'multipart',
  maxBytes: 2_048,
  seeds: [
    part('name="model"', 'whisper-1') +
      part('name="file"; filename="a.wav"\r\nContent-Type: audio/wav', 'RIFF....') +
      END,
    part('name="file"; filename="a.wav"', 'x'.repeat(600)) + END,
    part('name="a[]"', '1') +
      part('name="a[]"', '2') +
      part('name="file"; filename*=UTF-8\'\'%e2%82%ac.wav', 'x') +
      END,
    part('name="file"; filename="../a"', 'x') + END,
  ],
  words: [
    `--${BOUNDARY}`,
    `--${BOUNDARY}--`,
    `\r\n--${BOUNDARY}\r\n`,
    'Content-Disposition: form-data; name="',
    'filename="',
    "filename*=UTF-8''",
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: base64',
    '\r\n\r\n',
    '__proto__',
    '[a]',
    '%00',
    '; ',
    '\u00ff',
    'charset=utf-16le',
    '_charset_',
  ],
  run: async (input) => {
    const whole = await upload([input]);
    const other = await upload(cut(input, 13));
    // A form that is not valid is refused for the first thing that is seen of it, which may be another one.
    must(
      (whole.error === null) === (other.error === null),
      `cut elsewhere: ${other.error ?? 'taken'}, not ${whole.error ?? 'taken'}`,
    );
    if (whole.error !== null) return;
    must(whole.fields === other.fields, `cut elsewhere, the fields are ${other.fields}, not ${whole.fields}`);
    must(
      whole.file === other.file,
      `cut elsewhere, the file is ${other.file ?? ''}, not ${whole.file ?? ''}`,
    );
  },
};
