import { createHash } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Failure } from '../../model/failure.ts'
import { bundleModule, bundleOwnEntry } from '../modules/bundle.ts'
import { explainImport } from '../modules/explain.ts'
import { ownFolder } from '../modules/own-folder.ts'

type Compiled =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'broken'; readonly failure: Failure }

/** Compiles users' modules into files that slots import, each once however many slots ask. */
export function compileInto(folder: string) {
  const files = new Set<string>()
  let made = 0

  return {
    async compile(module: string): Promise<Compiled> {
      const bundle = await bundleModule(module)
      if (bundle.kind === 'broken') {
        const explained = await explainImport(module, undefined)
        const missing = explained.message.includes('does not exist')
        return { kind: 'broken', failure: missing ? explained : bundle.failure }
      }
      const name = createHash('sha256').update(bundle.code).digest('hex').slice(0, 32)
      const file = join(folder, `${name}.mjs`)
      await mkdir(folder, { recursive: true })
      // Stages of one module compile it side by side, to the same name.
      await replaceFile(file, bundle.code, made++)
      files.add(file)
      return { kind: 'file', file }
    },
    async close(): Promise<void> {
      await Promise.all([...files].map(file => rm(file, { force: true })))
    },
  }
}

export type OwnEntries = { readonly process: string; readonly thread: string }

/** The entries of our slots: beside this file when built; compiled first when run from sources. */
export function ownEntries(): OwnEntries | Promise<OwnEntries> {
  const here = fileURLToPath(import.meta.url)
  const extension = extname(here)
  const isBuilt = extension === '.js'
  const folder = isBuilt ? dirname(here) : join(dirname(here), 'inside')
  const entries = {
    process: join(folder, `slot-main${extension}`),
    thread: join(folder, `thread-main${extension}`),
  }
  return isBuilt ? entries : (fromSources ??= compileOwn(entries))
}

/** Once a process: only our own tests and examples run from sources. */
let fromSources: Promise<OwnEntries> | undefined

/**
 * Into the checkout's folder for what is built, the same files again by every process: a process that is
 * killed leaves no copy behind, and what they ask for by `require` is found as from the sources.
 */
async function compileOwn(entries: OwnEntries): Promise<OwnEntries> {
  const folder = join(ownFolder, '../build/slot')
  await mkdir(folder, { recursive: true })
  const made = { process: join(folder, 'slot-main.mjs'), thread: join(folder, 'thread-main.mjs') }
  await replaceFile(made.process, await bundleOwnEntry(entries.process), process.pid)
  await replaceFile(made.thread, await bundleOwnEntry(entries.thread), process.pid)
  return made
}

/** At once, as others may be reading or replacing it. */
async function replaceFile(file: string, text: string, by: number): Promise<void> {
  const partial = `${file}.${by}.partial`
  await writeFile(partial, text)
  await rename(partial, file)
}
