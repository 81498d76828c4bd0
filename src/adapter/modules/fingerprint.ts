import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, relative, sep } from 'node:path'
import { InputError } from '../../model/input-error.ts'
import { bundleModule } from './bundle.ts'

/**
 * A hash over a handler module and the local files it imports, so that a change of code is noticed.
 * It covers the files as written rather than the compiler's output, which a new compiler would
 * change; packages are not part of it. A module that does not compile hashes as itself alone.
 */
export async function codeFingerprint(path: string): Promise<string> {
  const bundle = await bundleModule(path)
  // Hashing only the file itself would make unchanged code look changed.
  if (bundle.kind === 'broken' && bundle.by === 'compiler')
    throw new InputError(bundle.failure.message)
  const files = bundle.kind === 'bundled' ? [...bundle.inputs] : [path]
  const named = files
    .map(file => ({ file, name: relative(dirname(path), file).split(sep).join('/') }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const hash = createHash('sha256')
  for (const { file, name } of named) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    hash.update(`${name}\0${bytes.length}\0`).update(bytes)
  }
  return hash.digest('hex')
}
