import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

type Gpu = { readonly name: string; readonly memoryBytes: number }

/** Asks `nvidia-smi`, where it is on the path; without it, or when it fails, there is no GPU we could use. */
export async function findGpus(command = 'nvidia-smi'): Promise<Gpu[]> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']
  try {
    const { stdout } = await promisify(execFile)(command, query, { timeout: 5_000 })
    return parseGpus(stdout)
  } catch {
    return []
  }
}

/** `NVIDIA A100-SXM4-40GB, 40960` a line; the unit is MiB. */
function parseGpus(csv: string): Gpu[] {
  const gpus: Gpu[] = []
  for (const line of csv.split('\n')) {
    const [, name, mebibytes] = line.match(/^\s*(.+?),\s*(\d+)\s*$/) ?? []
    if (mebibytes !== undefined) gpus.push({ name, memoryBytes: Number(mebibytes) * 2 ** 20 })
  }
  return gpus
}
