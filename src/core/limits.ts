import { WORTHWHILE } from '../policy/decomposition/guided.ts'
import { assert } from '../std/assert.ts'
import { MILLISECOND, MINUTE } from '../std/time.ts'

/** Every bound of the core, in one place, with what it was derived from. */
export const limits = {
  /** Predicted work one message to a slot may carry: short against a timeout, long against a hand-over (about 0.1 ms). */
  messageWork: 5 * MILLISECOND,
  /**
   * Predicted work of one item from which waiting for the next is 1 % at most: a slot need not have it at hand. From
   * an answer through a commit to the next message it takes 2 to 6 ms while all cores are at work.
   */
  worthOne: 500 * MILLISECOND,
  /** Predicted work that is not divided among slots: less than handing it over takes. */
  handOver: MILLISECOND,
  /**
   * Predicted work left in a slot, of short items whose chunks are ours to choose, when the next is sent: two chunks,
   * as answers come late. With one, a slot has none at hand while it begins its last, and its answers leave, and are
   * committed, a third as often again.
   */
  chunkAhead: 480 * MILLISECOND,
  /**
   * Asking a slot for what waits in it, and having that elsewhere: two messages and two commits, at 2 to 6 ms each
   * while all cores are at work.
   */
  asking: 10 * MILLISECOND,
  /** It is asked where that gains so much more: several times what asking takes of the loop, and no more than is felt. */
  worthAsking: 40 * MILLISECOND,
  /** How long a slot may hold back answers while it has more at hand: until then its silence says nothing. */
  heldBack: 100 * MILLISECOND,
  /** Times the same items are asked back. */
  returns: 2,
  /** Predicted work of a message whose tasks are single items though the job leaves chunks to us: that of a chunk. */
  chunkWork: WORTHWHILE,
  /** Tasks in one message: bounds the line a slot has to parse (about 60 bytes each). */
  messageTasks: 1_000,
  /** Open tasks of a stage under orders that look only at the head: enough for 2 messages to each of 10 slots. */
  openTasks: 20_000,
  /** Open tasks under orders that must see everything; beyond it the order holds within the window. */
  indexedTasks: 1_000_000,
  /** Items asked of a source at once. */
  readItems: 10_000,
  /** Characters of a stage's items that wait in memory before more is read, and of its results before the store serves them: 20,000 items of 1,400. */
  heldCharacters: 32 * 1024 * 1024,
  /** The same under orders that must see everything: a million items of 200. */
  indexedCharacters: 400 * 1024 * 1024,
  /** Pushed items that wait in memory beside the spool: about 100,000 short ones. Those beyond are read back one by one. */
  pushedBytes: 32 * 1024 * 1024,
  /** Results of a stage its item-linked follower has not consumed. */
  unconsumed: 100_000,
  /** Ready tasks per slot that chunking keeps ahead; more would freeze sizes before times are learnt. */
  chunksAhead: 4,
  /** Setting up a stage in a slot may take this long (a large model from a slow disk) where the stage does not say. */
  loading: 10 * MINUTE,
  /** Slots that end in a row while a stage is set up in them, before it counts as broken: one may be bad luck. */
  setups: 3,
  /** Losses after which a task travels alone: it may be what kills its machine. */
  losses: 3,
  /** Observations before an estimate of one machine outweighs the pooled one. */
  samples: 5,
  /** Observations that all earlier runs together count for: a box changes more from run to run than within one. */
  recalled: 16,
  /** The same where what the stage is made from has changed since: a first guess, which its first own time outweighs. */
  doubted: 0.5,
  /** A model stays for so many times what loading another and itself again takes: about a tenth of the time goes into loading. */
  stay: 10,
  /** A task that fits nowhere waits for so many times what the room it needs and itself take; then a machine is kept for it. */
  patience: 10,
  /** Slots of one machine. Where slots are not counted there may be one for every open task. */
  slots: 1_048_576,
  /**
   * Sets of machines by which tasks of a problem are queued apart, each one class more to look at in a decision: all
   * those of ten machines. With 64, on-demand left machines idle behind what none could run: a fifth of the makespan.
   */
  ableGroups: 1_024,
  /** Messages that hand-over is the mean of: it is that of the box as busy as it is now. */
  recentHandovers: 64,
} as const

assert(
  limits.openTasks >= 2 * limits.readItems,
  'a read must fit the window twice, or reading stalls',
)
assert(
  limits.openTasks >= 10 * 2 * limits.messageTasks,
  'ten slots must find two full messages each',
)
assert(
  limits.indexedCharacters >= limits.heldCharacters,
  'the indexed window contains the plain one',
)
assert(limits.doubted < 1, 'five samples must be five of the code that runs')
assert(limits.slots >= limits.indexedTasks, 'every open task may have a slot of its own')
assert(limits.indexedTasks >= limits.openTasks, 'the indexed window contains the plain one')
