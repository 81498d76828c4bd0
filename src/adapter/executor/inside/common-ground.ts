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
      // It is gone: whoever needs it will say so.
    }
  }

  return {
    /** Items of this stage follow. */
    enter(stage: object): void {
      const known = homes.get(stage)
      if (known === undefined) {
        shared.renew()
        home = here(home)
        homes.set(stage, home)
      } else home = known
      goHome()
    },
    /** After an item of so many micros. True: nothing may run here any more, once the answer is out. */
    restore(micros: number): boolean {
      goHome()
      const isSpoilt = shared.areChanged(micros)
      if (isSpoilt) wrote('stderr', NOTE)
      return isSpoilt
    },
    /** The same of all items since it was last looked at. */
    isSpoilt(): boolean {
      const isSpoilt = shared.areChangedSince()
      if (isSpoilt) wrote('stderr', NOTE)
      return isSpoilt
    },
    leave(): never {
      flush()
      return endSlot(BUILT_INS_CHANGED)
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
