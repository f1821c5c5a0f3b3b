import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

interface Resources {
  cpus: string;
  memory: string;
}

interface Service {
  build?: string;
  image: string;
  container_name: string;
  init?: boolean;
  read_only?: boolean;
  privileged?: boolean;
  env_file?: string;
  stop_grace_period: string;
  depends_on?: Record<string, { condition: string }>;
  environment: Record<string, string>;
  volumes: string[];
  ports?: string[];
  networks: string[];
  tmpfs?: string[];
  cap_drop?: string[];
  security_opt: string[];
  labels?: string[];
  deploy: { resources: { limits: Resources; reservations: Resources } };
  healthcheck: {
    test: string[];
    interval: string;
    timeout: string;
    retries: number;
    start_period?: string;
  };
}

interface Network {
  external?: boolean;
  driver?: string;
}

const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as {
  services: { litellm: Service; postgres: Service };
  networks: Record<string, Network>;
  volumes: Record<string, unknown>;
};
const { litellm, postgres } = compose.services;
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe('the compose file, line by line of what is documented', () => {
  test('both containers have their documented names', () => {
    expect(litellm.container_name).toBe('litellm');
    expect(postgres.container_name).toBe('litellm-postgres');
  });

  test('the gateway is built here and PostgreSQL is pinned to a minor version', () => {
    expect(litellm.build).toBe('.');
    expect(litellm.image).toBe(`llm-gateway:${version}`);
    expect(postgres.image).toMatch(/^postgres:17\.\d+-alpine$/);
  });

  test('three networks are those of other stacks, the fourth is a bridge of this one', () => {
    expect(Object.keys(compose.networks).sort()).toEqual([
      'backend',
      'langfuse-internal',
      'litellm-internal',
      'web',
    ]);
    for (const name of ['web', 'backend', 'langfuse-internal']) {
      expect(compose.networks[name]?.external).toBe(true);
    }
    expect(compose.networks['litellm-internal']).toMatchObject({ driver: 'bridge' });
    expect(compose.networks['litellm-internal']?.external).toBeUndefined();
  });

  test('the gateway is on every network, PostgreSQL on the internal one alone', () => {
    expect([...litellm.networks].sort()).toEqual(Object.keys(compose.networks).sort());
    expect(postgres.networks).toEqual(['litellm-internal']);
    expect(postgres.ports).toBeUndefined();
  });

  test.each([
    'traefik.http.routers.litellm.rule=Host(`llm.haiven.local`)',
    'traefik.http.routers.litellm.entrypoints=websecure',
    'traefik.http.routers.litellm.tls=true',
    'traefik.http.routers.litellm.priority=100',
    'traefik.http.services.litellm.loadbalancer.server.port=4000',
    'traefik.http.middlewares.litellm-ratelimit.ratelimit.average=100',
    'traefik.http.middlewares.litellm-ratelimit.ratelimit.burst=200',
    'traefik.http.routers.litellm.middlewares=litellm-ratelimit',
    'traefik.http.routers.litellm-admin.rule=Host(`litellm.haiven.local`)',
    'traefik.http.routers.litellm-admin.entrypoints=websecure',
    'traefik.http.routers.litellm-admin.tls=true',
    'prometheus.scrape=true',
    'prometheus.port=4000',
    'prometheus.path=/metrics',
  ])('the gateway carries the label %s', (label) => {
    expect(litellm.labels).toContain(label);
  });

  test('a router that names no service finds the only one', () => {
    const services = litellm.labels?.filter((label) => label.startsWith('traefik.http.services.')) ?? [];
    expect(new Set(services.map((label) => label.split('.')[3]))).toEqual(new Set(['litellm']));
    expect(litellm.labels).toContain('traefik.enable=true');
    expect(litellm.labels).toContain('traefik.docker.network=web');
  });

  test('the health of the gateway is asked at the documented pace', () => {
    expect(litellm.healthcheck).toMatchObject({
      interval: '30s',
      timeout: '10s',
      retries: 3,
      start_period: '60s',
    });
  });

  test('the health of PostgreSQL is asked with pg_isready at the documented pace', () => {
    expect(postgres.healthcheck).toEqual({
      test: ['CMD-SHELL', 'pg_isready -U ${POSTGRES_USER:-litellm}'],
      interval: '10s',
      timeout: '5s',
      retries: 5,
    });
  });

  test('limits and reservations are the documented ones', () => {
    expect(litellm.deploy.resources).toEqual({
      limits: { cpus: '2', memory: '2G' },
      reservations: { cpus: '1', memory: '1G' },
    });
    expect(postgres.deploy.resources).toEqual({
      limits: { cpus: '1', memory: '1G' },
      reservations: { cpus: '0.5', memory: '512M' },
    });
  });

  test('configuration is mounted read-only, the data where it is backed up, the journal on a volume', () => {
    expect(litellm.volumes).toContain('./config.yaml:/app/config.yaml:ro');
    expect(postgres.volumes).toEqual(['/mnt/storage/litellm-data/postgres:/var/lib/postgresql/data']);
    const [volume, folder] = litellm.volumes.find((line) => !line.startsWith('.'))?.split(':') ?? [];
    expect(compose.volumes).toHaveProperty(volume ?? '');
    expect(litellm.environment['JOURNAL_DIR']).toBe('/var/lib/gateway/journal');
    expect(litellm.environment['JOURNAL_DIR']?.startsWith(`${folder ?? '?'}/`)).toBe(true);
  });

  test('secrets come from .env, search and model storage are set here', () => {
    expect(litellm.env_file).toBe('.env');
    expect(litellm.environment).toMatchObject({
      SEARXNG_API_BASE: 'http://searxng:8080',
      STORE_MODEL_IN_DB: 'True',
    });
    expect(postgres.environment['POSTGRES_USER']).toBe('${POSTGRES_USER:-litellm}');
    expect(postgres.environment['POSTGRES_DB']).toBe('${POSTGRES_DB:-litellm}');
    expect(postgres.environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });

  test('port 4000 is reached on the machine itself, not past Traefik from outside', () => {
    expect(litellm.ports).toEqual(['127.0.0.1:4000:4000']);
    expect(litellm.environment).toMatchObject({ HOST: '0.0.0.0', PORT: '4000' });
  });

  test('the gateway starts after PostgreSQL and has time to drain', () => {
    expect(litellm.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(litellm.stop_grace_period).toBe('35s');
  });

  test('the gateway runs without rights that it does not need', () => {
    expect(litellm).toMatchObject({ init: true, read_only: true, cap_drop: ['ALL'] });
    expect(litellm.security_opt).toContain('no-new-privileges:true');
    expect(postgres.security_opt).toContain('no-new-privileges:true');
    expect(litellm.privileged ?? postgres.privileged ?? false).toBe(false);
    expect(litellm.tmpfs?.[0]).toMatch(/^\/tmp\b/);
  });

  test('large uploads do not wait in memory', () => {
    expect(litellm.environment['TMPDIR']).toMatch(/^\/var\/lib\/gateway\//);
  });
});

/** Runs the health check of the compose file as a container would, against `listener` or nobody. */
async function healthOf(listener: RequestListener | null): Promise<number | null> {
  const [kind, program, ...args] = litellm.healthcheck.test;
  expect([kind, program]).toEqual(['CMD', 'node']);
  expect(args.join(' ')).toContain('http://localhost:4000/health/liveliness');
  const server = createServer(listener ?? undefined).listen(0, '0.0.0.0');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    if (!listener) server.close();
    const here = args.map((arg) => arg.replace('localhost:4000', `localhost:${port}`));
    const child = spawn(process.execPath, here, { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe('the health check of the compose file', () => {
  test('succeeds when the liveness route answers 200', async () => {
    const paths: (string | undefined)[] = [];
    const code = await healthOf((req, res) => {
      paths.push(req.url);
      res.end('{"status":"healthy"}');
    });
    expect({ code, paths }).toEqual({ code: 0, paths: ['/health/liveliness'] });
  });

  test('fails when it answers 503', async () => {
    expect(await healthOf((_, res) => res.writeHead(503).end())).toBe(1);
  });

  test('fails when nobody listens', async () => {
    expect(await healthOf(null)).toBe(1);
  });
});
