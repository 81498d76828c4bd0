import { cpop } from './cpop.ts'
import { heft } from './heft.ts'
import { lpt } from './lpt.ts'
import { maxMin } from './max-min.ts'
import { mct } from './mct.ts'
import { met } from './met.ts'
import { minLoad } from './min-load.ts'
import { minMin } from './min-min.ts'
import { onDemand } from './on-demand.ts'
import { peft } from './peft.ts'
import type { Planner } from './planner.ts'
import { random } from './random.ts'
import { roundRobin } from './round-robin.ts'
import { sufferage } from './sufferage.ts'

/** Every planner, in the order people are shown them: from the simplest on. */
export const planners: readonly Planner[] = [
  random,
  roundRobin,
  onDemand,
  minLoad,
  met,
  mct,
  lpt,
  minMin,
  maxMin,
  sufferage,
  heft,
  cpop,
  peft,
]
