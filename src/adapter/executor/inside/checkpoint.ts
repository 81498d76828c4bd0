import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { refuseLosses } from '../../json-losses.ts'

/** One JSON file per item, replaced as a whole, named by a hash since keys are the user's. */
export function checkpointAt(
  folder: string,
  idempotencyKey: string,
  note: (line: string) => void = () => {},
) {
  const name = createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 40)
  const file = join(folder, name.slice(0, 2), `${name}.json`)
  return {
    save: async (value: unknown): Promise<void> => {
      const json = JSON.stringify(value) ?? 'null'
      refuseLosses(value, 'checkpoint')
      await mkdir(dirname(file), { recursive: true })
      const partial = `${file}.${process.pid}.partial`
      // Without this, a power cut may leave a file with the new name and none of the new text.
      await writeFile(partial, json, { flush: true })
      await rename(partial, file)
    },
    load: async (): Promise<unknown> => {
      let text: string
      try {
        text = await readFile(file, 'utf8')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
      try {
        return JSON.parse(text)
      } catch {
        note(`the checkpoint ${file} is not JSON; the item begins without it`)
        return undefined
      }
    },
    /** At once: an attempt that comes next must not find it. */
    drop: (): void => {
      try {
        rmSync(file, { force: true })
      } catch (error) {
        note(`the checkpoint ${file} stays: ${(error as Error).message}`)
      }
    },
  }
}
