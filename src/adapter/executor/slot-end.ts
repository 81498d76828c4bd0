import { type Failure, MEMORY_OF_BOX } from '../../model/failure.ts'
import type { ChannelEnd } from './channel.ts'
import { heapLimit } from './heap.ts'
import type { BoxMemory } from './memory-watch.ts'
import type { Opened } from './opened.ts'
import { linesSaved } from './saved-folder.ts'
import { LEFT_MEMORY, slotFailure } from './slot-failure.ts'

/** What a process or thread that is no more has left: answers it had not sent, and how it came to its end. */

/** Answers that it held back, as the lines it would have sent. */
export const linesLeft = ({ channel, mark }: Opened): string[] =>
  linesSaved(channel.saves).map(line => mark + line)

/** Why it ended; asked once, for the box's memory is told where it was to blame. */
export function judgeEnd(
  { killed, exit, heap, memory }: Opened,
  end: ChannelEnd,
  { box, memoryLimit }: { readonly box: BoxMemory; readonly memoryLimit: number | undefined },
): Failure {
  const failure = slotFailure({
    end,
    killed,
    exit,
    residentBytes: memory.bytes(),
    leftBytes: memory.left(),
    heapLimit: heapLimit(heap),
    memoryLimit,
    memoryWasShort: box.isShort() || (end.signal === 'SIGKILL' && box.hasKilled()),
    heldMost: box.isMost(memory.bytes()),
  })
  if (failure.code === MEMORY_OF_BOX) box.ranOut()
  return failure
}

/** Bytes it held at last, where that says something of the item which ran. */
export function peakOf({ memory }: Opened, { code }: Failure): { readonly peakBytes?: number } {
  const peakBytes = memory.bytes()
  return peakBytes > 0 && code !== LEFT_MEMORY ? { peakBytes } : {}
}
