import { letGo, type Opened, silence } from './opened.ts'
import type { StageState } from './stage-state.ts'

/** For the teardown of whatever else a replaced slot had loaded. */
const LEAVING_MS = 1_000

/**
 * The processes or threads that a slot has opened: one per environment that its stages declare, and another where
 * JavaScript is to hold more. Messages go to the one in use until it has answered them all.
 */
export function slotProcesses() {
  const opened = new Set<Opened>()
  let inUse: Opened | undefined

  function forget(): void {
    opened.clear()
    inUse = undefined
  }

  return {
    inUse: () => inUse,
    all: (): readonly Opened[] => [...opened],
    /** The one that serves, in use from now on; `busy`: the one in use has yet to answer; `none`: one must be opened. */
    take(
      { environment, heap }: Pick<Opened, 'environment' | 'heap'>,
      isBusy: boolean,
    ): Opened | 'busy' | 'none' {
      const serves = (one: Opened) => one.environment === environment && one.heap >= heap
      if (inUse !== undefined && serves(inUse)) return inUse
      if (inUse !== undefined && isBusy) return 'busy'
      for (const one of opened) if (serves(one)) return (inUse = one)
      return 'none'
    },
    add(target: Opened): void {
      opened.add(target)
      inUse = target
    },
    /** It has ended by itself. */
    remove: (target: Opened) => opened.delete(target),
    /** Ends them all at once; nothing they still say is heard. */
    endAll(): void {
      for (const target of opened) silence(target)
      forget()
    },
    /** They end in peace, or are ended; what comes next opens a new one. */
    replaceAll(): void {
      for (const target of opened) {
        letGo(target)
        setTimeout(() => target.channel.kill(), LEAVING_MS).unref()
      }
      forget()
    },
    /** Has a stage unloaded, or forgotten, wherever it was defined. */
    drop(stage: StageState, how: 'U' | 'F'): void {
      for (const target of opened) {
        if (target.defined.has(stage.id)) target.channel.send(`${how} ${stage.id}\n`)
      }
    },
    letAllGo(): void {
      for (const target of opened) letGo(target)
    },
  }
}
