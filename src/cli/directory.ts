import { join, resolve } from 'node:path'

/** `--dir`, else DRAY_DIR, else `.dray` where the command was given. */
export function directoryFrom(flag: string | undefined): string {
  return resolve(flag ?? process.env.DRAY_DIR ?? join(process.cwd(), '.dray'))
}
