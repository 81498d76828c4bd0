import type { Command } from 'commander'

/** What the help of each command ends with: lines that can be copied and changed. */
const examples: Readonly<Record<string, readonly (readonly [line: string, does: string])[]>> = {
  run: [
    ['dray run', 'the job in this folder: job.ts, job.yaml ...'],
    ["dray run ocr --input 'new/*.png'", 'the job of the folder ocr, over other files'],
    [
      'dray run job.yaml --redo score',
      'the stage score again, and what follows where its results change',
    ],
    ['dray run job.yaml --explain', 'what would run, and why'],
  ],
  map: [
    ["dray map ./ocr.ts 'scans/*.png' -o out.jsonl", 'a line per file'],
    ['dray map ./score.ts reviews.jsonl --key id -o out.csv', 'a row per line, known by its id'],
    ['seq 100 | dray map ./square.ts - > out.jsonl', 'an item per line of stdin'],
    ["dray map ./ocr.ts scans -o 'text/{key}.txt' --timeout 60s", 'a file per file'],
  ],
  init: [['dray init reviews && dray run reviews', 'a first job, and its run']],
  ls: [
    ['dray ls', 'every run here and how far it is'],
    ['dray ls --dir /data/.dray', 'of another directory'],
  ],
  status: [
    ['dray status', 'the newest run'],
    ['dray status calm-otter --json', 'one run, for a program'],
  ],
  logs: [
    ['dray logs -f', 'the newest run, as it happens, until it ends'],
    ['dray logs calm-otter scans/7.png', 'one item, every attempt'],
  ],
  results: [
    ['dray results calm-otter > out.jsonl', 'every item of the last stage'],
    ['dray results calm-otter --failed', 'what failed, and why'],
  ],
  why: [
    ['dray why', 'what the newest run waits for, or why it failed'],
    ['dray why calm-otter scans/7.png', 'one item: where it ran, or what holds it'],
  ],
  cancel: [['dray cancel calm-otter', 'from another terminal, or after a crash']],
  retry: [['dray retry calm-otter --failed', 'once more, what failed']],
  clean: [
    ['dray clean calm-otter', 'one run'],
    ['dray clean --older 30d', 'whatever ended longer ago'],
  ],
  doctor: [['dray doctor', 'this box, and the runs of this folder']],
  plan: [
    ['dray plan matrix.csv', 'processing times: a row a task, a column a machine'],
    ['dray plan problem.json --strategy heft --json', 'one strategy, every assignment'],
  ],
  simulate: [['dray simulate problem.json --strategy mct --noise 0.2', 'durations off by a fifth']],
  compare: [
    ['dray compare problem.json --strategies heft,mct', 'side by side'],
    ['dray compare problem.json --html compare.html', 'with pictures'],
  ],
  report: [['dray report calm-otter --html run.html', 'a page with pictures']],
}

export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const lines = examples[command.name()] ?? []
    if (lines.length === 0) continue
    const text = lines.map(([line, does]) => `  ${line}\n      ${does}`).join('\n')
    command.addHelpText('after', `\nExamples:\n${text}`)
  }
}
