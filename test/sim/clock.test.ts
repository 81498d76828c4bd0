import { describe, expect, test } from 'vitest'
import { simClock } from '../../src/sim/clock.ts'
import { prng } from '../../src/std/prng.ts'

describe('virtual time', () => {
  test('things happen at their instant, those of one instant in the order they were asked for', () => {
    const clock = simClock()
    const heard: string[] = []
    for (const [at, name] of [
      [5, 'c'],
      [1, 'a'],
      [5, 'd'],
      [3, 'b'],
      [5, 'e'],
    ] as const) {
      clock.at(at, () => heard.push(`${name}@${clock.now()}`))
    }
    clock.run()
    expect(heard).toEqual(['a@1', 'b@3', 'c@5', 'd@5', 'e@5'])
  })

  test('a turn comes after all that arrived at its instant, also what arrives during it', () => {
    const clock = simClock()
    const heard: string[] = []
    clock.at(2, () => {
      heard.push('first')
      clock.soon(() => heard.push('turn'))
      clock.at(2, () => heard.push('arrived meanwhile'))
    })
    clock.at(2, () => heard.push('second'))
    clock.run()
    expect(heard).toEqual(['first', 'second', 'arrived meanwhile', 'turn'])
  })

  test('only the last wish to be woken counts, and it can be withdrawn', () => {
    const clock = simClock()
    const woken: number[] = []
    clock.wake(9, () => woken.push(9))
    clock.wake(4, () => woken.push(clock.now()))
    clock.run()
    clock.wake(20, () => woken.push(20))
    clock.wake(undefined, () => {})
    clock.run()
    expect(woken).toEqual([4])
  })

  test('time goes as far as it is let', () => {
    const clock = simClock(100)
    const heard: number[] = []
    for (const at of [50, 150, 250]) clock.at(at, () => heard.push(clock.now()))
    clock.run(200)
    expect(heard).toEqual([100, 150])
    clock.run()
    expect(heard).toEqual([100, 150, 250])
  })

  test('a thousand instants in any order come out sorted', () => {
    const clock = simClock()
    const random = prng(1)
    const heard: number[] = []
    for (let n = 0; n < 1_000; n += 1) clock.at(random.int(200), () => heard.push(clock.now()))
    clock.run()
    expect(heard).toEqual([...heard].sort((a, b) => a - b))
    expect(heard).toHaveLength(1_000)
  })

  test('a world that goes on for ever within one instant is stopped', () => {
    const clock = simClock()
    const turn = (): void => clock.soon(turn)
    turn()
    expect(() => clock.run()).toThrow('virtual time stands still at 0')
  })
})
