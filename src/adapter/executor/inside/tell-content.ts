import { contentVersion } from '../../source/file-version.ts'
import { parse } from '../json.ts'
import { encodeSlotLine, type StageDefinition } from '../protocol.ts'
import type { Outbox } from './outbox.ts'

/** Reports the version of the file that the item named. False: it names none. Hashing it may take a while. */
export function tellContent(
  outbox: Outbox,
  stage: StageDefinition,
  item: { readonly seq: number; readonly payload: string },
): boolean {
  const version = stage.takesFiles ? contentVersion(parse(item.payload)) : undefined
  if (version === undefined) return false
  outbox.put(encodeSlotLine({ kind: 'content', seq: item.seq, version }))
  return true
}
