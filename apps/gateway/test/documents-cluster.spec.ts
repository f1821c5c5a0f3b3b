import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [
    {
      readonly securityContext: Readonly<Record<string, unknown>>;
      readonly ports: readonly { readonly containerPort: number }[];
      readonly startupProbe: Probe;
      readonly livenessProbe: Probe;
      readonly readinessProbe: Probe;
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
    },
  ];
}

interface Manifest {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: PodSpec } } & Readonly<Record<string, unknown>>;
}

const PLAIN = 'deploy/kubernetes';
const CHART = 'deploy/helm/llm-gateway';
/** Notice 5 s, calls 20 s, their ends 2 s, then the books. */
const DRAIN_SECONDS = 30;

/** A template with its values left out: what remains is what both ways of deploying must have in common. */
function withoutValues(template: string): string {
  return template
    .replaceAll(/^\s*\{\{-? *(?:if|else|end|with|range|define)\b.*\}\}\n/gm, '')
    .replaceAll(/\{\{- include [^}]*\}\}/g, '{}')
    .replaceAll(/\{\{- toYaml [^}]*\}\}/g, '{}')
    .replaceAll(/'?\{\{[^}]*\}\}'?/g, 'x');
}

function manifestsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });
}

const plain = readdirSync(PLAIN)
  .filter((name) => name !== 'kustomization.yaml' && name !== 'config.yaml')
  .flatMap((name) => manifestsIn(readFileSync(`${PLAIN}/${name}`, 'utf8')));
const charted = readdirSync(`${CHART}/templates`)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => manifestsIn(withoutValues(readFileSync(`${CHART}/templates/${name}`, 'utf8'))));

const find = (manifests: readonly Manifest[], kind: string): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return found;
};
const podOf = (manifests: readonly Manifest[]): PodSpec => find(manifests, 'StatefulSet').spec.template.spec;

describe.each([
  ['the plain manifests', plain],
  ['the chart', charted],
])('%s', (_name, manifests) => {
  const pod = podOf(manifests);
  const [gateway] = pod.containers;

  test('have every part that a cluster needs', () => {
    const kinds = new Set(manifests.map(({ kind }) => kind));
    for (const kind of [
      'Service',
      'StatefulSet',
      'PodDisruptionBudget',
      'HorizontalPodAutoscaler',
      'NetworkPolicy',
    ])
      expect(kinds).toContain(kind);
  });

  test('give the gateway the time that its end takes', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(DRAIN_SECONDS);
  });

  test('run it without any right, on a root that nobody writes', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
    expect(gateway.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('let it write where the image writes', () => {
    const image = readFileSync('Dockerfile', 'utf8');
    const mounted = gateway.volumeMounts.map(({ mountPath }) => mountPath);
    expect(/VOLUME (\S+)/.exec(image)?.[1]).toBe('/var/lib/gateway');
    expect(mounted).toEqual(expect.arrayContaining(['/var/lib/gateway', '/tmp', '/app/config.yaml']));
  });

  test('ask the probes that are there for it', () => {
    expect(gateway.livenessProbe.httpGet.path).toBe('/health/liveliness');
    expect(gateway.startupProbe.httpGet.path).toBe('/health/liveliness');
    expect(gateway.readinessProbe.httpGet.path).toBe('/health/readiness');
    expect(gateway.ports.map(({ containerPort }) => containerPort)).toEqual([4000]);
  });
});

describe('both ways of deploying', () => {
  test('are the same where they name no value', () => {
    const [{ securityContext, startupProbe, livenessProbe, readinessProbe, volumeMounts }] =
      podOf(plain).containers;
    expect(podOf(charted).containers[0]).toMatchObject({
      securityContext,
      startupProbe,
      livenessProbe,
      readinessProbe,
      volumeMounts,
    });
    expect(podOf(charted).securityContext).toEqual(podOf(plain).securityContext);
    expect(find(charted, 'NetworkPolicy').spec['egress']).toEqual(
      find(plain, 'NetworkPolicy').spec['egress'],
    );
  });

  test('name the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const chart = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8')) as { appVersion: string };
    const { images } = parse(readFileSync(`${PLAIN}/kustomization.yaml`, 'utf8')) as {
      images: readonly [{ newTag: string }];
    };
    expect([chart.appVersion, images[0].newTag]).toEqual([version, version]);
  });
});

describe('the systemd unit', () => {
  const unit = readFileSync('deploy/systemd/llm-gateway.service', 'utf8');
  const settings = new Map(
    [...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

  test('gives the gateway the time that its end takes, and files for many streams', () => {
    expect(Number(settings.get('TimeoutStopSec'))).toBeGreaterThanOrEqual(DRAIN_SECONDS);
    expect(Number(settings.get('LimitNOFILE'))).toBeGreaterThanOrEqual(32_768);
  });

  test('signals the launcher alone, which tells its workers, and reloads by the signal that reloads', () => {
    expect(settings.get('KillMode')).toBe('mixed');
    expect(settings.get('ExecReload')).toContain('-HUP');
  });

  test('starts what is built', () => {
    expect(settings.get('ExecStart')).toMatch(/dist\/apps\/gateway\/src\/main\.js$/);
  });
});
