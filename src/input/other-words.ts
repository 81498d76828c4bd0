/**
 * Where a field of a job file goes that stands in another place, and what a word of Ray, BullMQ, Temporal, Hatchet or
 * Kubernetes is called here. What lies a slip of the keyboard away is `nearest`'s.
 */
export type Place = 'job' | 'stage' | 'retry' | 'needs'

/** `; did you mean retry: { attempts: 3 } in a stage?`, or nothing where the word is nobody's. */
export function adviceOn(word: string, here: Place): string {
  const plain = plainOf(word)
  const said = inNoJob.get(plain)
  if (said !== undefined) return `; ${said}`
  // The same word may mean one thing in a stage, another in its `retry`.
  const advice = (here === 'retry' ? ofRetry.get(plain) : undefined) ?? meant.get(plain)
  if (advice === undefined) return ''
  const [place, field] = advice
  if (place === here) return `; did you mean ${field}?`
  if (place === 'job') return `; did you mean ${field} in the job, beside stages?`
  if (place === 'stage') return `; did you mean ${field} in ${here === 'job' ? 'a' : 'the'} stage?`
  const inStage = `${place}: { ${field} }`
  return `; did you mean ${inStage}${here === 'stage' ? '' : ' in a stage'}?`
}

/** What a resource that no machine has is called on ours: `num_cpus` is `cpu`. */
export function resourceMeant(word: string): string | undefined {
  const [place, field] = meant.get(plainOf(word)) ?? []
  return place === 'needs' ? field?.slice(0, field.indexOf(':')) : undefined
}

/** `max_retries`, `maxRetries` and `max-retries` are one word. */
const plainOf = (word: string): string => word.toLowerCase().replace(/[_-]/g, '')

type Advice = readonly [Place, string]

const each = <const Said>(said: Said, words: string): [string, Said][] =>
  words.split(' ').map(word => [word, said])

const ofRetry = new Map<string, Advice>([
  ...each(['retry', 'attempts: 3'], 'limit count times'),
  ...each(['retry', "maxDelay: '60s'"], 'max maximum cap ceiling'),
])

const meant = new Map<string, Advice>([
  ...each(
    ['retry', 'attempts: 3'],
    'attempts maxattempts maximumattempts retries maxretries numretries retrycount retrylimit backofflimit tries maxtries',
  ),
  ...each(
    ['retry', "delay: '1s'"],
    'delay backoff backoffms retrydelay retrydelayms retrybackoff initialinterval initialdelay mintimeout',
  ),
  ...each(
    ['retry', "maxDelay: '60s'"],
    'maxdelay maxbackoff maxinterval maximuminterval backoffmaxseconds retrydelaymax maxtimeout',
  ),
  ...each(
    ['retry', "never: ['bad-input']"],
    'never nonretryable nonretryableerrors nonretryableerrortypes dontretryon noretry',
  ),
  ...each(
    ['retry', "on: { 'out-of-memory': { memory: 'x2' } }"],
    'on retryon retryexceptions onfailure',
  ),
  ...each(['stage', 'retry: { attempts: 3 }'], 'retry retrypolicy retryoptions retrystrategy'),
  ...each(
    ['needs', 'cpu: 1'],
    'cpu cpus ncpus numcpu numcpus cores ncores numcores corecount vcpus',
  ),
  ...each(['needs', 'gpu: 1'], 'gpu gpus ngpus numgpu numgpus accelerators'),
  ...each(
    ['needs', "memory: '900MB'"],
    'memory mem memorymb memorybytes maxmemory memorylimit ram rss maxrss',
  ),
  ...each(['needs', "gpuMemory: '8GB'"], 'gpumemory gpumem vram'),
  ...each(
    ['stage', "needs: { cpu: 1, memory: '900MB' }"],
    'needs resources resource requirements requests limits requires',
  ),
  ...each(
    ['stage', "timeout: '60s'"],
    'timeout timeoutms timeoutseconds timeouts executiontimeout scheduletimeout starttoclosetimeout ' +
      'scheduletoclosetimeout tasktimeout jobtimeout maxduration lockduration timelimit',
  ),
  ...each(['stage', "setupTimeout: '60s'"], 'setuptimeout loadtimeout startuptimeout'),
  ...each(['stage', "grace: '5s'"], 'grace graceperiod terminationgraceperiodseconds'),
  ...each(
    ['stage', "map: './ocr.ts'"],
    'map handler function fn func run script processor worker module entrypoint command activity action call execute',
  ),
  ...each(['stage', "reduce: './count.ts'"], 'reduce reducer aggregate combine'),
  ...each(['stage', "single: './once.ts'"], 'single once'),
  ...each(['stage', "after: 'ocr'"], 'after dependson deps dependencies parents parent upstream'),
  ...each(
    ['stage', "chunk: 'auto'"],
    'chunk chunksize chunks batch batchsize maxbatchsize itemspertask',
  ),
  ...each(['stage', "size: 'bytes'"], 'size'),
  ...each(
    ['stage', "loads: { name: 'pp-ocr', memory: '120MB' }"],
    'loads load model models modelname weights',
  ),
  ...each(['stage', "env: ['API_KEY']"], 'env environment envvars envs runtimeenv secrets'),
  ...each(['stage', "isolation: 'process'"], 'isolation sandbox usethreads useworkerthreads'),
  ...each(['stage', "returns: './page.schema.json'"], 'returns schema resultschema outputschema'),
  ...each(['stage', "gather: 'tree'"], 'gather'),
  ...each(['stage', "by: 'lang'"], 'by groupby'),
  ...each(['stage', "output: { jsonl: 'out.jsonl' }"], 'output outputs out outfile destination'),
  ...each(
    ['job', "input: { jsonl: 'rows.jsonl', key: 'id' }"],
    'input inputs data source items key',
  ),
  ...each(
    ['job', 'stages: [{ name, map }]'],
    'stages stage steps step tasks task jobs nodes pipeline',
  ),
  ...each(
    ['job', "tolerate: { failed: '0.5%' }"],
    'tolerate maxfailures failfast allowfailure allowedfailures continueonerror continueonfail errorthreshold',
  ),
  ...each(['job', "due: '2h'"], 'due duedate dueat deadline deadlines'),
  ...each(['job', 'priority: 1'], 'priority'),
  ...each(['job', "order: 'spt'"], 'order scheduling queueing lifo'),
  ...each(
    ['job', "strategy: 'auto'"],
    'strategy scheduler schedulingstrategy placement placementgroup allocation',
  ),
  ...each(['job', "objective: 'makespan'"], 'objective goal optimize minimize'),
  ...each(
    ['job', "params: { prefix: '2026/' }"],
    'params parameters args arguments config vars variables',
  ),
  ...each(
    ['job', "release: { field: 'release' }"],
    'release notbefore startafter delayuntil schedule scheduledat runat',
  ),
  ...each(['job', "weight: { field: 'weight' }"], 'weight'),
  ...each(['job', "tenant: 'team-a'"], 'tenant owner namespace group fairnesskey'),
  ...each(['job', 'share: 2'], 'share'),
])

const machines =
  'how many run at once follows from what a stage needs and from the machines: write needs in the stage, or slots in the file of --machines FILE'
const rates = 'limits on rates are not available yet'
const heartbeat =
  'not needed: whether a slot lives is seen from outside; timeout in a stage ends what takes too long'
const again = 'not needed: a finished item is not run again; --fresh runs all of it anew'

const inNoJob = new Map<string, string>([
  ...each(
    machines,
    'concurrency maxconcurrency concurrencylimit localconcurrency globalconcurrency parallelism parallel ' +
      'maxparallel workers numworkers maxworkers replicas threads slots machines',
  ),
  ...each(rates, 'ratelimit ratelimits limiter rpm tpm'),
  ...each(heartbeat, 'heartbeat heartbeattimeout heartbeatms stalledinterval maxstalledcount'),
  ...each('runs are begun by dray run: let cron call it', 'cron repeat every interval'),
  ...each(again, 'cache cachepolicy idempotencykey deduplication jobid'),
  ...each('write --seed 1 to plan, simulate or compare', 'seed'),
  ...each('write --dir DIR to the command', 'dir directory workdir'),
])
