import { builtIns } from './built-ins.ts'
import { endSlot } from './end-slot.ts'
import { BUILT_INS_CHANGED } from '../protocol.ts'

const { cwd, chdir } = process

/**
 * What the items of a slot share beside their stage. After each it is as it was: a folder that was changed
 * is changed back; built-ins that were are not to be trusted again, so that the slot ends, and what waits in
 * it goes elsewhere. As it was: after the stage was loaded, whose code may change all this for its items.
 */
export function commonGround({ wrote, flush }: Voice) {
  const shared = builtIns()
  const homes = new WeakMap<object, string>()
  let home = cwd()

  function goHome(): void {
    if (here('') === home) return
    try {
      chdir(home)
    } catch {
      // The folder is gone; code that needs it will fail with a clear error of its own.
    }
  }

  return {
    /** Called before items of this stage run. */
    enter(stage: object): void {
      const known = homes.get(stage)
      if (known === undefined) {
        shared.renew()
        home = here(home)
        homes.set(stage, home)
      } else home = known
      goHome()
    },
    /** Called after an item that took `micros`. True: once its answer is out, nothing more may run in this slot. */
    restore(micros: number): boolean {
      goHome()
      const isSpoilt = shared.areChanged(micros)
      if (isSpoilt) wrote('stderr', NOTE)
      return isSpoilt
    },
    /** The full check, of everything that items may have changed since the last one. Same answer as `restore`. */
    isSpoilt(): boolean {
      const isSpoilt = shared.areChangedSince()
      if (isSpoilt) wrote('stderr', NOTE)
      return isSpoilt
    },
    leave(code = BUILT_INS_CHANGED): never {
      flush()
      return endSlot(code)
    },
  }
}

type Voice = {
  readonly wrote: (stream: 'stderr', text: string) => void
  readonly flush: () => void
}

/** A folder that was deleted has no name. */
function here(otherwise: string): string {
  try {
    return cwd()
  } catch {
    return otherwise
  }
}

const NOTE =
  'it, or an item just before it, changed what every item of its process shares (a global, a prototype): the process ends here, and the items after it run in another; code that is meant to change it belongs at the top of the module or in setup\n'
