// The floors of docs/architecture.md, bottom first: a lib may import only libs on earlier lines.
const layers = [
  ['call'],
  ['config'],
  ['database', 'upstream'],
  ['observability', 'audit', 'cache'],
  ['users', 'routing'],
  ['spend'],
  ['keys', 'limits'],
  ['pipeline', 'health'],
  ['search', 'admin'],
  ['chat', 'audio', 'passthrough'],
  ['ui'],
];
for (const lib of require('node:fs').readdirSync('libs')) {
  if (!layers.flat().includes(lib))
    throw new Error(`libs/${lib} has no layer: add it to .dependency-cruiser.cjs`);
}
const layerRules = layers.flatMap((own, i) =>
  own.map((lib) => ({
    name: `layer-${lib}`,
    severity: 'error',
    from: { path: `^libs/${lib}/` },
    to: { path: '^libs/', pathNot: `^libs/(${[lib, ...layers.slice(0, i).flat()].join('|')})/` },
  })),
);
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-deep-lib-import',
      severity: 'error',
      from: { path: '^(apps/[^/]+|libs/([^/]+))/' },
      to: { path: '^libs/[^/]+/src/(?!(index|testing)\\.ts$)', pathNot: '^libs/$2/' },
    },
    {
      name: 'testing-is-for-specs',
      severity: 'error',
      from: { pathNot: '\\.spec\\.ts$|/testing\\.ts$|^apps/[^/]+/test/' },
      to: { path: '^libs/.*/testing\\.ts$' },
    },
    { name: 'libs-never-import-apps', severity: 'error', from: { path: '^libs/' }, to: { path: '^apps/' } },
    {
      name: 'apps-do-not-meet',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    ...layerRules,
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
};
