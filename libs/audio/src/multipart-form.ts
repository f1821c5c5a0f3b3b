import { randomUUID } from 'node:crypto';
import { type FormField } from './form-field.js';

/** A form as it goes to a backend, piece by piece. */
export class MultipartForm {
  readonly boundary = `form-${randomUUID()}`;

  get contentType(): string {
    return `multipart/form-data; boundary=${this.boundary}`;
  }

  fields(fields: readonly FormField[]): Buffer {
    return Buffer.from(
      fields.map(({ name, value }) => `${this.#opening(name)}\r\n\r\n${value}\r\n`).join(''),
    );
  }

  /** What stands before the bytes of the file. */
  fileHead(name: string, contentType: string): Buffer {
    return Buffer.from(
      `${this.#opening('file')}; filename="${name}"\r\nContent-Type: ${contentType}\r\n\r\n`,
    );
  }

  /** What follows them, before more fields or the end. */
  readonly fileEnd = Buffer.from('\r\n');

  get end(): Buffer {
    return Buffer.from(`--${this.boundary}--\r\n`);
  }

  #opening(name: string): string {
    return `--${this.boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  }
}
