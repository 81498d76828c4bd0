import { isMainThread, workerData } from 'node:worker_threads'

/** The entry of a slot's process, and of the watchdog thread inside it. */
if (isMainThread) {
  const { startProcessSlot } = await import('./process-slot.ts')
  startProcessSlot(import.meta.url)
} else {
  const { watch } = await import('./watchdog.ts')
  watch(workerData)
}
