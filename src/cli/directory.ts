import { join, resolve } from 'node:path'
import { InputError } from '../model/input-error.ts'

/** `--dir`, else DRAY_DIR, else `.dray` where the command was given. */
export function directoryFrom(flag: string | undefined): string {
  // An empty name, as from an unset shell variable, would mean the current folder.
  if (flag === '') throw new InputError('--dir: found ""; expected a folder')
  return resolve(flag ?? (process.env.DRAY_DIR || join(process.cwd(), '.dray')))
}
