import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, type RawProbe, runProbe } from '../attack.ts';

const DOOR = '/v1/audio/transcriptions';
const MODEL = part('name="model"', 'whisper-1');
const FILE = part('name="file"; filename="a.wav"', 'RIFF');
const ENOUGH_FIELDS = 10_000;

function part(disposition: string, value: string, more = ''): string {
  return `--b\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${value}\r\n`;
}

/** A form, and the boundary that its header names. */
const upload = (
  name: string,
  body: string,
  { boundary = 'b', status = [400] }: { boundary?: string; status?: readonly number[] } = {},
): RawProbe => ({
  name,
  status,
  withinMs: 1_000,
  options: { waitMs: 15_000 },
  send: ({ key }) =>
    requestBytes({
      method: 'POST',
      target: DOOR,
      key,
      headers: [
        `Content-Type: multipart/form-data; boundary=${boundary}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
      ],
      body,
      describesBody: false,
    }),
});

const END = '--b--\r\n';

const BOMBS: readonly RawProbe[] = [
  upload('boundary of 8 KB', `${MODEL}${FILE}${END}`, { boundary: 'x'.repeat(8_000) }),
  upload('boundary of 1 MB', `${MODEL}${FILE}${END}`, { boundary: 'x'.repeat(1_048_576), status: [431] }),
  upload('no boundary in the body', 'nothing of the kind'),
  upload('no last boundary', `${MODEL}${FILE}`),
  upload(
    'no end of the file',
    `${MODEL}--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc`,
  ),
  upload(
    '10,000 fields',
    `${Array.from({ length: ENOUGH_FIELDS }, (_, i) => part(`name="f${i}"`, 'x')).join('')}${MODEL}${FILE}${END}`,
  ),
  upload('10,000 files', `${MODEL}${Array.from({ length: ENOUGH_FIELDS }, () => FILE).join('')}${END}`),
  upload('a name nested 1,000 times', `${part(`name="a${'[b]'.repeat(1_000)}"`, 'x')}${MODEL}${FILE}${END}`),
  upload(
    'a part header of 100 KB',
    `${part('name="model"', 'whisper-1', `X: ${'y'.repeat(102_400)}\r\n`)}${FILE}${END}`,
    // Cut where 8 KB are over; the field that it belongs to is one all the same.
    { status: [200, 400] },
  ),
  upload(
    '100 headers a part, 5,000 parts',
    `${MODEL}${Array.from({ length: 5_000 }, () => part('name="x"', 'x', 'X-A: b\r\n'.repeat(100))).join('')}${END}`,
  ),
  upload('a field of 1 MB', `${part('name="prompt"', 'p'.repeat(1_048_576))}${MODEL}${FILE}${END}`),
  upload('__proto__', `${part('name="__proto__"', 'x')}${MODEL}${FILE}${END}`),
  upload(
    'a field of another list of names',
    `${part('name="api_base"', 'http://evil.test')}${MODEL}${FILE}${END}`,
  ),
  upload('the model twice', `${MODEL}${MODEL}${FILE}${END}`),
  ...['../../x', '..\\..\\x', 'a\0b', '/etc/passwd', 'C:\\x'].map((name) =>
    upload(
      `file name ${JSON.stringify(name)}`,
      `${MODEL}${part(`name="file"; filename="${name}"`, 'RIFF')}${END}`,
      {
        // A path in front of a name is dropped, or the name refused.
        status: [200, 400],
      },
    ),
  ),
];

export const UPLOADS: readonly Attack[] = [
  {
    id: 'X081',
    input: 'forms: bombs, endless parts, climbing names',
    expected: '400 or 431 within a second, names without paths, no file left',
    run: async (arena) => {
      const before = new Set(files());
      return [
        ...(await inTurn(BOMBS, (probe) => runProbe(arena, probe))),
        ...(await nothingLeft(arena, before)),
      ];
    },
  },
];

const files = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('upload-'));

async function nothingLeft({ sandbox }: Arena, before: ReadonlySet<string>): Promise<Finding[]> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const left = files().filter((name) => !before.has(name));
  const { body } = await sandbox.backend('faster-whisper').lastRequest();
  return [
    check('files left', left.length === 0, left.join(', ')),
    check('the name that the backend sees', !/\.\.|\/etc|C:/.test(body), body.slice(0, 300)),
  ];
}
