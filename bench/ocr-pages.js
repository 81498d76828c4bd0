import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = path => fileURLToPath(new URL(path, import.meta.url))

/** The OCR example's job file, its pages drawn unless they are there (some seconds, once). */
export function ocrJob() {
  if (!existsSync(here('../examples/ocr/pages')))
    execFileSync(process.execPath, ['--import', 'tsx', here('../examples/ocr/render/pages.ts')], {
      cwd: here('..'),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  return here('../examples/ocr/job.ts')
}
