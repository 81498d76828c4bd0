import { parentPort, workerData } from 'node:worker_threads'
import { world } from './worlds.ts'
import { journal, replayed, snapshot } from '../core/transcript.ts'

/**
 * Runs in a worker, bundled with one line of the core changed: says what noticed, or nothing. First the
 * transcripts, quickest with a core that remembers, then worlds in order of their seeds.
 */
type Given = {
  readonly transcripts: readonly { readonly title: string; readonly said: string }[]
  readonly seeds: number
}

const { transcripts, seeds } = workerData as Given

parentPort?.postMessage((await noticed()) ?? '')

async function noticed(): Promise<string | undefined> {
  for (const memory of [undefined, snapshot, journal])
    for (const { title, said } of transcripts)
      if (replayed(said, memory) !== said) return `transcript: ${title}`
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      await world(seed)
    } catch (error) {
      return `world: ${String(error).split('\n')[0]}`
    }
  }
  return undefined
}
