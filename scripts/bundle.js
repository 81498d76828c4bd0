// Makes what is run of few files: Node takes longer to find and open hundreds of modules than most
// commands take to answer (docs/decisions/bundle.md). Dependencies stay outside; packages without a
// binary are development dependencies, and what is used of them becomes part of it, with their licences.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

rmSync('dist', { recursive: true, force: true })
const { metafile } = await build({
  // Each is begun by itself, and finds the others beside it.
  entryPoints: {
    main: 'src/main.ts',
    index: 'src/index.ts',
    'slot-main': 'src/adapter/executor/inside/slot-main.ts',
    'thread-main': 'src/adapter/executor/inside/thread-main.ts',
    'plan-worker': 'src/api/beside/plan-worker.ts',
    'highs-worker': 'src/adapter/solver/highs-worker.ts',
  },
  outdir: 'dist',
  bundle: true,
  // What several need is one file for all of them: a class has one identity.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: Object.keys(dependencies),
  // CommonJS packages ask for Node's modules.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module';const require = requireOf(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
})

writeFileSync(
  'dist/LICENCES.txt',
  Object.keys(metafile.inputs).map(packageOf).filter(isFirst).map(licence).join('\n'),
)

function packageOf(path) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]
}

function isFirst(folder, at, all) {
  return folder !== undefined && all.indexOf(folder) === at
}

/** A package without its licence's text is none to be made part of this one. */
function licence(folder) {
  const found = readdirSync(folder).filter(name => /^(licen[cs]e|notice)/i.test(name))
  const files = found.flatMap(name =>
    statSync(`${folder}/${name}`).isDirectory()
      ? readdirSync(`${folder}/${name}`).map(inside => `${name}/${inside}`)
      : [name],
  )
  if (!files.some(name => /^licen[cs]e/i.test(name))) throw new Error(`${folder}: no licence`)
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const texts = files.map(file => readFileSync(`${folder}/${file}`, 'utf8'))
  return [`${name} ${version}`, ...texts].join('\n\n')
}
