import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preloading } from '../attacks/own-gateway.ts';
import { deployment, freePort, type Gateway, pause } from '../harness.ts';
import { selfSigned } from '../harness/certificate.ts';
import { rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';

const CONNECT_SECONDS = 1;
/** Beyond the connect deadline a failure may take this much longer on a busy machine. */
const SLACK_MS = 1_000;

/** A chat answer, and how often it was given. */
interface Upstream {
  readonly server: Server;
  asked: number;
}

async function upstreamAt(address: string, port: number): Promise<Upstream> {
  const upstream: Upstream = {
    asked: 0,
    server: createServer((req, res) => {
      req.resume();
      upstream.asked += 1;
      const choices = [{ index: 0, message: { role: 'assistant', content: address }, finish_reason: 'stop' }];
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', model: 'm', choices }));
    }),
  };
  await new Promise<void>((resolve) => upstream.server.listen(port, address, resolve));
  return upstream;
}

/** U12: a name moves under load, vanishes, and is looked up slowly. */
async function movingNames(field: Field): Promise<Measured> {
  const port = await freePort();
  const [old, next] = [await upstreamAt('127.0.0.2', port), await upstreamAt('127.0.0.3', port)];
  const names = join(tmpdir(), `names-${process.pid}.json`);
  const known: Record<string, object> = { 'a.moving': { address: '127.0.0.2' } };
  const write = (): void => writeFileSync(names, JSON.stringify(known));
  write();
  const at = (name: string): object =>
    deployment(name, 'm', { api_base: `http://${name}:${port}/v1`, connect_timeout: CONNECT_SECONDS });
  const gateway = await field.gateway({
    env: { ...preloading('moving-names.mjs'), NAMES_FILE: names },
    config: { models: [at('a.moving'), at('gone.moving'), at('slow.moving'), deployment('*', '*')] },
  });
  const key = await gateway.key({});
  const load = { isOn: true, failed: 0, calls: 0 };
  const loops = Array.from({ length: 8 }, async () => {
    while (load.isOn) {
      load.calls += 1;
      if ((await gateway.chat({ model: 'a.moving' }, { key })).status !== 200) load.failed += 1;
      await pause(20);
    }
  });
  await pause(2_000);
  known['a.moving'] = { address: '127.0.0.3' };
  known['slow.moving'] = { address: '127.0.0.3', delayMs: 20_000 };
  write();
  const movedAt = performance.now();
  const gone = await timed(gateway, 'gone.moving', key);
  const slow = await timed(gateway, 'slow.moving', key);
  while (next.asked === 0 && performance.now() - movedAt < 60_000) await pause(50);
  const usedAfterMs = performance.now() - movedAt;
  await pause(3_000);
  const before = old.asked;
  await pause(1_000);
  const stillOld = old.asked - before;
  load.isOn = false;
  await Promise.all(loops);
  for (const { server } of [old, next]) server.close();
  const most = CONNECT_SECONDS * 1_000 + SLACK_MS;
  return {
    pass:
      next.asked > 0 &&
      usedAfterMs <= 60_000 &&
      stillOld === 0 &&
      load.failed === 0 &&
      gone.status === 502 &&
      gone.ms <= most &&
      slow.status >= 502 &&
      slow.ms <= most,
    measured: {
      calls: load.calls,
      failed: load.failed,
      newAddressAfterMs: rounded(usedAfterMs),
      stillOld,
      unknownName: gone.status,
      unknownMs: rounded(gone.ms),
      slowName: slow.status,
      slowMs: rounded(slow.ms),
    },
  };
}

async function timed(gateway: Gateway, model: string, key: string): Promise<{ status: number; ms: number }> {
  const startedAt = performance.now();
  const { status } = await gateway.chat({ model }, { key });
  return { status, ms: performance.now() - startedAt };
}

/** U13: servers that are not who they say, and requests that ask not to look. */
async function badCertificates(field: Field): Promise<Measured> {
  const days = { from: -2, to: 30 };
  const own = selfSigned('localhost', days);
  const shown = {
    expired: selfSigned('localhost', { from: -30, to: -1 }),
    'self-signed': own,
    'wrong-name': selfSigned('elsewhere.test', days),
    trusted: selfSigned('localhost', days),
  };
  const servers: { close(): void }[] = [];
  const seen = { requests: 0, trusted: 0 };
  const models: object[] = [];
  for (const [name, certificate] of Object.entries(shown)) {
    const server = createTlsServer(certificate, (req, res) => {
      seen[name === 'trusted' ? 'trusted' : 'requests'] += 1;
      req.resume();
      res.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    models.push(deployment(name, 'm', { api_base: `https://localhost:${port}/v1`, connect_timeout: 2 }));
  }
  const authority = join(tmpdir(), `authority-${process.pid}.pem`);
  // Known to the gateway, so that only their dates and their names are wrong.
  writeFileSync(authority, shown.expired.cert + shown['wrong-name'].cert + shown.trusted.cert);
  const gateway = await field.gateway({ env: { NODE_EXTRA_CA_CERTS: authority }, config: { models } });
  const key = await gateway.key({});
  const measured: Record<string, number> = {};
  let pass = true;
  for (const name of Object.keys(shown)) {
    for (const wish of [{}, { ssl_verify: false }, { rejectUnauthorized: false, verify: false }]) {
      const { status } = await gateway.chat({ model: name, ...wish }, { key });
      measured[name] = status;
      pass &&= status === 502;
    }
  }
  for (const server of servers) server.close();
  return {
    pass: pass && seen.requests === 0 && seen.trusted > 0,
    measured: { ...measured, requestsThatGotThrough: seen.requests, trustedGotThrough: seen.trusted },
  };
}

const OVERRIDES =
  `api_base base_url api_key api_version custom_llm_provider extra_headers default_headers extra_query
  organization proxy http_client user_config litellm_credential_name litellm_params model_list azure_endpoint
  aws_bedrock_runtime_endpoint vertex_api_base watsonx_url bedrock_endpoint`.split(/\s+/);
const ADDRESS_HEADERS = [
  'x-portkey-custom-host',
  'x-forwarded-host',
  'x-litellm-api-base',
  'x-original-url',
  'forwarded',
];

/** K2: everything that could name a place, naming a place that listens. */
async function clientsChooseNothing(field: Field): Promise<Measured> {
  const seen = { connections: 0 };
  const recorder = createServer((_, res) => res.end('{}'));
  recorder.on('connection', () => (seen.connections += 1));
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  const place = `127.0.0.1:${(recorder.address() as AddressInfo).port}`;
  const url = `http://${place}/v1`;
  const gateway = await field.gateway({
    config: {
      models: [deployment('*', '*')],
      general: {
        pass_through_endpoints: [
          { path: '/llama', target: 'os.environ/LLAMA_SWAP_API_BASE', include_subpath: true },
        ],
        search_tools: [{ search_tool_name: 'web', litellm_params: { search_provider: 'searxng' } }],
      },
    },
  });
  const key = await gateway.key({});
  const statuses: number[] = [];
  const failures: string[] = [];
  const chat = async (body: object, headers: Record<string, string> = {}): Promise<number> => {
    const { status, text } = await gateway.chat({ model: 'qwen3-30b-a3b', ...body }, { key, headers });
    statuses.push(status);
    // The upstream's own errors keep their status; ours would be of another type.
    if (text.includes('internal_server_error')) failures.push(`${JSON.stringify(body)}: ${text}`);
    return status;
  };
  let refused = 0;
  for (const name of OVERRIDES) {
    for (const body of [{ [name]: url }, { litellm_metadata: { [name]: url } }])
      if ((await chat(body)) === 400) refused += 1;
  }
  for (const name of ADDRESS_HEADERS) await chat({}, { [name]: place });
  await chat({}, { host: place });
  const parts = [
    { type: 'image_url', image_url: { url: `${url}/a.png` } },
    { type: 'file', file: { file_data: `${url}/a.pdf` } },
    { type: 'input_audio', input_audio: { data: `${url}/a.wav`, format: 'wav' } },
  ];
  for (const part of parts) await chat({ messages: [{ role: 'user', content: [part] }] });
  const elsewhere = [
    `//${place}/x`,
    `/@${place}/x`,
    `/%5c${place}/x`,
    `/%2F%2F${place}/x`,
    `/..%2F..%2F${place}`,
    `/http://${place}/`,
  ];
  for (const path of elsewhere) statuses.push((await gateway.ask(`/llama${path}`, { key })).status);
  for (const extra of [{ api_base: url }, { engines: url }, { base_url: url }, { redirect: url }])
    statuses.push((await gateway.ask('/v1/search/web', { key, body: { query: url, ...extra } })).status);
  recorder.close();
  return {
    pass: seen.connections === 0 && failures.length === 0 && refused === OVERRIDES.length * 2,
    measured: {
      tries: statuses.length,
      refusedByName: refused,
      connectionsElsewhere: seen.connections,
      failed: failures.join('; ').slice(0, 300),
    },
  };
}

export const OUTBOUND_ROWS: readonly Row[] = [
  {
    id: 'U12',
    promise: 'A name that moves, vanishes or is slow to be found',
    bar: 'the new address within 60 s under load, no call lost; a failure within the connect deadline',
    run: movingNames,
  },
  {
    id: 'U13',
    promise: 'A certificate that is wrong is an error, whatever the request says',
    bar: '502; nothing sent',
    run: badCertificates,
  },
  {
    id: 'K2',
    promise: 'What a client sends never chooses an address',
    bar: '0 connections elsewhere',
    run: clientsChooseNothing,
  },
];
