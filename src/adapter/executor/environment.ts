/**
 * The variables a slot gets: what a program needs to find programs, its home, language, time zone and
 * temporary folder, and the names the stage declares. Nothing else of the loop's environment, so that
 * a secret reaches only the stages that ask for it.
 */
export function slotEnvironment(
  from: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined) continue
    if (alwaysGiven(name) || declared.includes(name)) kept[name] = value
  }
  return kept
}

/** Of no one's choosing, and no secret. */
export const alwaysGiven = (name: string): boolean => always.has(name) || name.startsWith('LC_')

const always = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_ENV'])

/** Slots are shared by stages: those with the same key may share a process. */
export function environmentKey(isolation: string, declared: readonly string[]): string {
  return JSON.stringify([isolation, ...[...new Set(declared)].sort()])
}
