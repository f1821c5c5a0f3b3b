import { expect, test } from '@jest/globals';
import { type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { BadRequestError } from '@app/call';
import { Upload } from './upload.js';

function uploaded(body: string): Upload {
  const req = Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    complete: false,
  });
  return new Upload(req as unknown as IncomingMessage, 1_000);
}

test('a field without a name is a mistake of the client, not of the gateway', async () => {
  const upload = uploaded('--b\r\nContent-Disposition: form-data; nome="model"\r\n\r\nx\r\n--b--\r\n');
  await expect(upload.ended()).rejects.toThrow(BadRequestError);
  await expect(upload.file()).rejects.toThrow('A field of the form has no name.');
  upload.close();
});
