import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** One JSON file per item, replaced as a whole, named by a hash since keys are the user's. */
export function checkpointAt(folder: string, idempotencyKey: string) {
  const name = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)
  const file = join(folder, name.slice(0, 2), `${name}.json`)
  return {
    save: async (value: unknown): Promise<void> => {
      await mkdir(dirname(file), { recursive: true })
      const partial = `${file}.${process.pid}.partial`
      await writeFile(partial, JSON.stringify(value) ?? 'null')
      await rename(partial, file)
    },
    load: async (): Promise<unknown> => {
      try {
        return JSON.parse(await readFile(file, 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    drop: (): void => {
      rm(file, { force: true }).catch(() => {})
    },
  }
}
