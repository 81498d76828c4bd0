// Imports point inward: std < model < policy < core < port < {driver sim input adapter} < choose < {api cli report} < main.
const rooms = [
  ['std', []],
  ['model', ['std']],
  ['policy', ['std', 'model']],
  ['core', ['std', 'model', 'policy']],
  ['port', ['std', 'model', 'policy', 'core']],
  ['driver', ['std', 'model', 'policy', 'core', 'port']],
  ['sim', ['std', 'model', 'policy', 'core', 'port', 'driver']],
  ['input', ['std', 'model', 'policy', 'core', 'port']],
  ['adapter', ['std', 'model', 'policy', 'core', 'port']],
  ['choose', ['std', 'model', 'policy', 'core', 'port', 'driver', 'sim', 'input', 'adapter']],
  ['report', ['std', 'model', 'policy', 'core', 'port', 'choose']],
  ['api', ['std', 'model', 'policy', 'core', 'port', 'driver', 'sim', 'input', 'adapter', 'choose', 'report']],
  ['cli', ['std', 'model', 'policy', 'core', 'port', 'driver', 'sim', 'input', 'adapter', 'choose', 'report', 'api']],
]
const pure = ['std', 'model', 'policy', 'core', 'port', 'sim']
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...rooms.map(([room, allowed]) => ({
      name: `${room}-imports-inward`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
    {
      name: 'pure-rooms-import-no-packages',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core', 'npm-optional', 'npm-peer'] },
    },
    { name: 'only-main-knows-main', severity: 'error', from: { pathNot: '^src/main' }, to: { path: '^src/main' } },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: true },
}
