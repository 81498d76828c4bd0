import type { StageCode } from '../../port/executor.ts'
import { mustCompile } from '../modules/import-module.ts'

/**
 * JavaScript is imported as it lies, and a process never forgets what it has imported, nor its local imports: slots
 * that outlive a change of the code would go on with the old one. From its second version on a module is compiled,
 * to a file named by its content.
 */
export function importsAsWritten(): { areCompiled(code: StageCode): boolean } {
  /** By path: the one version that slots import without compiling; `undefined` once a second version was seen. */
  const versions = new Map<string, string | undefined>()
  return {
    areCompiled({ module, version }) {
      if (mustCompile(module)) return true
      if (!versions.has(module)) versions.set(module, version)
      else if (versions.get(module) !== version) versions.set(module, undefined)
      return versions.get(module) !== version
    },
  }
}
