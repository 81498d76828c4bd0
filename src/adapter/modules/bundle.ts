import { builtinModules, createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type {
  BuildFailure,
  BuildOptions,
  BuildResult,
  SameShape,
  Loader,
  Message,
  OnResolveArgs,
  Plugin,
  PluginBuild,
} from 'esbuild'
import type { Failure } from '../../model/failure.ts'
import { ownExtension, ownFolder } from './own-folder.ts'

/**
 * Turns a user's module with its local imports into one ES module that Node imports as it is.
 * One compilation in the loop's process serves every slot, so a TypeScript handler starts as fast as
 * a JavaScript one. (A loader hook such as tsx costs each slot about 110 ms more, measured, and on
 * Node 20 refuses a `.ts` file in a folder without a package.json.) Packages stay outside, as
 * absolute addresses, so the bundle may lie anywhere; `dray` is always this copy of the package.
 */
export async function bundleModule(path: string): Promise<Bundle> {
  try {
    const built = await build({
      // Not by its whole path: a `*` in the name of a folder would be taken for a pattern.
      entryPoints: [`./${basename(path)}`],
      absWorkingDir: dirname(path),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: false,
      sourceRoot: `${pathToFileURL(dirname(path)).href}/`,
      keepNames: true,
      logLevel: 'silent',
      define: {
        'import.meta.url': '__moduleUrl',
        'import.meta.filename': '__moduleFile',
        'import.meta.dirname': '__moduleFolder',
      },
      plugins: [ownAddresses(), packagesOutside()],
    })
    const inputs = Object.keys(built.metafile.inputs).map(input => resolve(dirname(path), input))
    return { kind: 'bundled', code: withRequire(path, built.outputFiles[0].text), inputs }
  } catch (error) {
    return {
      kind: 'broken',
      by: isBuildFailure(error) ? 'source' : 'compiler',
      failure: asFailure(path, error),
    }
  }
}

type Bundle =
  | { readonly kind: 'bundled'; readonly code: string; readonly inputs: readonly string[] }
  | { readonly kind: 'broken'; readonly by: 'source' | 'compiler'; readonly failure: Failure }

/** The compiler is a process of its own, which anyone may have killed: it is begun anew, once. */
async function build<Options extends BuildOptions>(
  options: SameShape<BuildOptions, Options>,
): Promise<BuildResult<Options>> {
  try {
    return await compiler().build(options)
  } catch (error) {
    if (isBuildFailure(error)) throw error
    await compiler().stop()
    return await compiler().build(options)
  }
}

/** Only where something is compiled; `import` would first look through all of its text for names: 25 ms. */
const compiler = (): typeof import('esbuild') => createRequire(import.meta.url)('esbuild')

/** One of our own entries, for running this package from its sources (under the tests). */
export async function bundleOwnEntry(path: string): Promise<string> {
  const built = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [packagesOutside()],
  })
  return built.outputFiles[0].text
}

const ownIndex = join(ownFolder, `index${ownExtension}`)
const builtins = new Set(builtinModules)

/** Code that asks where it lies is told where its source lies. */
function ownAddresses(): Plugin {
  return {
    name: 'own-addresses',
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async args => {
        if (args.path.includes(`${sep}node_modules${sep}`)) return undefined
        const source = await readFile(args.path, 'utf8')
        if (!source.includes('import.meta')) return undefined
        const constants = [
          `const __moduleUrl = ${JSON.stringify(pathToFileURL(args.path).href)}`,
          `__moduleFile = ${JSON.stringify(args.path)}`,
          `__moduleFolder = ${JSON.stringify(dirname(args.path))};`,
        ]
        const body = source.replace(/^#!/, '//')
        return { contents: constants.join(', ') + body, loader: loaderOf(args.path) }
      })
    },
  }
}

function loaderOf(path: string): Loader {
  const extension = extname(path)
  if (extension === '.tsx' || extension === '.jsx') return extension.slice(1) as Loader
  return /ts$/.test(extension) ? 'ts' : 'js'
}

/** A package is imported from where the source would find it, at run time; workspace sources are compiled. */
function packagesOutside(): Plugin {
  return {
    name: 'packages-outside',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, args => resolvePackage(build, args))
      build.onResolve({ filter: /\.node$/ }, args => ({
        path: resolve(args.resolveDir, args.path),
        external: true,
      }))
    },
  }
}

async function resolvePackage(build: PluginBuild, args: OnResolveArgs) {
  if (args.kind === 'entry-point' || args.pluginData === asked) return undefined
  if (args.path.startsWith('node:') || builtins.has(args.path)) {
    return { path: args.path, external: true }
  }
  if (args.path === 'dray') return external(ownIndex, args.kind)
  const found = await build.resolve(args.path, {
    kind: args.kind,
    importer: args.importer,
    resolveDir: args.resolveDir,
    pluginData: asked,
  })
  if (found.errors.length > 0) return { errors: found.errors }
  return external(found.path, args.kind)
}

const asked = Symbol('asked of esbuild itself')

function external(path: string, kind: OnResolveArgs['kind']) {
  const source = /\.[cm]?tsx?$/.test(path)
  if (source && !path.includes(`${sep}node_modules${sep}`)) return { path }
  const byPath = kind === 'require-call' || kind === 'require-resolve'
  return { path: byPath ? path : pathToFileURL(path).href, external: true }
}

/** CommonJS files among the local imports may `require`; an ES module has no such function of its own. */
function withRequire(path: string, code: string): string {
  const declared = /^(const|let|var|function) require\b/m.test(code)
  if (declared || !code.includes('__require')) return code
  const address = JSON.stringify(pathToFileURL(path).href)
  const making = `import { createRequire as __createRequire } from 'node:module';`
  return `${making}const require = __createRequire(${address});${code}`
}

function asFailure(path: string, error: unknown): Failure {
  const messages = isBuildFailure(error) ? error.errors : []
  if (messages.length === 0) {
    const text = error instanceof Error ? error.message : String(error)
    return {
      kind: 'error',
      code: 'MODULE',
      message: `${path}: the compiler cannot be run: ${text}`,
    }
  }
  return {
    kind: 'error',
    code: 'MODULE',
    message: describe(messages[0], path),
    detail: messages.map(message => describe(message, path)).join('\n'),
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors)
}

function describe(message: Message, path: string): string {
  const at = message.location
  if (at === null) return `${path}: ${message.text}`
  const file = resolve(dirname(path), at.file)
  const line = at.lineText.trim()
  return `${file}:${at.line}:${at.column + 1}: ${message.text}${line === '' ? '' : `\n    ${line}`}`
}
