import { dirname, extname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(import.meta.url)

/** `.ts` where our own tests run the sources as they stand. */
export const ownExtension = extname(here)

/** Where this package's code lies: its sources, or the few files they are made into. */
export const ownFolder = ownExtension === '.ts' ? resolve(here, '../../..') : dirname(here)
