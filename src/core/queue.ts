import type { TaskTable } from './tasks.ts'

/**
 * A queue of tasks by (key, first item, number): a binary heap of task numbers whose keys live in the
 * task columns. Keys are static, so nothing inside ever has to be sorted again.
 */
export type TaskQueue = { heap: number[] }

export function taskQueue(): TaskQueue {
  return { heap: [] }
}

export function pushTask(queue: TaskQueue, tasks: TaskTable, task: number): void {
  const heap = queue.heap
  let at = heap.length
  heap.push(task)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!precedes(tasks, task, heap[parent])) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = task
}

export function popTask(queue: TaskQueue, tasks: TaskTable): number {
  const heap = queue.heap
  const top = heap[0]
  const last = heap.pop() as number
  if (heap.length > 0) sink(heap, tasks, 0, last)
  return top
}

/** Removes a task that may stand anywhere; linear, for rare paths. */
export function removeTask(queue: TaskQueue, tasks: TaskTable, task: number): void {
  const heap = queue.heap
  const at = heap.indexOf(task)
  if (at < 0) return
  heap.splice(at, 1)
  for (let index = (heap.length >> 1) - 1; index >= 0; index -= 1)
    sink(heap, tasks, index, heap[index])
}

function sink(heap: number[], tasks: TaskTable, from: number, task: number): void {
  const half = heap.length >> 1
  let at = from
  while (at < half) {
    let child = 2 * at + 1
    const right = child + 1
    if (right < heap.length && precedes(tasks, heap[right], heap[child])) child = right
    if (!precedes(tasks, heap[child], task)) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = task
}

function precedes(tasks: TaskTable, a: number, b: number): boolean {
  if (tasks.key[a] !== tasks.key[b]) return tasks.key[a] < tasks.key[b]
  if (tasks.first[a] !== tasks.first[b]) return tasks.first[a] < tasks.first[b]
  return a < b
}
