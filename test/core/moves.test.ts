import { describe, expect, test } from 'vitest'
import {
  allocateTask,
  moveTask,
  type TaskState,
  taskMoves,
  taskStates,
  taskTable,
} from '../../src/core/tasks.ts'

/** Ways to bring a fresh task into each state by legal moves. */
const ways: Readonly<Record<TaskState, readonly TaskState[]>> = {
  free: [],
  waiting: ['waiting'],
  ready: ['ready'],
  assigned: ['ready', 'assigned'],
  running: ['ready', 'running'],
}

function taskIn(state: TaskState) {
  const tasks = taskTable()
  const task = allocateTask(tasks, {
    stage: 0,
    klass: 0,
    first: 0,
    count: 1,
    tries: 0,
    size: 1,
    readyAt: 0,
  })
  for (const to of ways[state]) moveTask(tasks, task, taskStates.indexOf(to))
  return { tasks, task }
}

describe('a task moves as the table says and no other way', () => {
  for (const from of taskStates) {
    for (const to of taskStates) {
      const legal = (taskMoves[from] as readonly TaskState[]).includes(to)
      test(`from ${from} to ${to}: ${legal ? 'yes' : 'refused'}`, () => {
        const { tasks, task } = taskIn(from)
        const move = () => moveTask(tasks, task, taskStates.indexOf(to))
        if (!legal) {
          expect(move).toThrow(`task 0 may not move from ${from} to ${to}`)
          return
        }
        move()
        expect(taskStates[tasks.state[task]]).toBe(to)
      })
    }
  }
})

test('every state can be reached, and left', () => {
  for (const state of taskStates) {
    expect(taskMoves[state].length).toBeGreaterThan(0)
    expect(taskStates.some(from => (taskMoves[from] as readonly TaskState[]).includes(state))).toBe(
      true,
    )
  }
})

test('an ended task leaves its number to the next, and a fresh task remembers nothing of it', () => {
  const { tasks, task } = taskIn('running')
  tasks.attempt[task] = 7
  tasks.losses[task] = 2
  moveTask(tasks, task, taskStates.indexOf('free'))
  const again = allocateTask(tasks, {
    stage: 1,
    klass: 2,
    first: 30,
    count: 4,
    tries: 1,
    size: 9,
    readyAt: 5,
  })
  expect(again).toBe(task)
  expect([
    tasks.attempt[again],
    tasks.losses[again],
    tasks.count[again],
    tasks.left[again],
  ]).toEqual([0, 0, 4, 4])
})
