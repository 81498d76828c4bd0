import pc from 'picocolors'

/**
 * Colours for what goes to stdout and to stderr: of the two one may be a terminal and the other a file.
 * `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are heeded; a pipe in CI is a pipe.
 */
export function wantsColour(
  { isTTY }: { readonly isTTY?: boolean },
  { NO_COLOR, FORCE_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
): boolean {
  if (NO_COLOR) return false
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTTY === true && TERM !== 'dumb'
}

export const outColours = pc.createColors(wantsColour(process.stdout, process.env))
export const errColours = pc.createColors(wantsColour(process.stderr, process.env))
