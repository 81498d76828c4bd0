/** The loop's end of one slot process or thread. */
export type Channel = {
  /** The file where it saves answers that it holds back. */
  readonly saves: string
  readonly pid: number | undefined
  readonly send: (text: string) => void
  readonly kill: () => void
}

export type ChannelEvents = {
  readonly onLine: (line: string) => void
  /** What reached the descriptors past the runtime: native code, a dying engine. */
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void
  /** Once, and nothing after it. */
  readonly onEnd: (end: ChannelEnd) => void
}

export type ChannelEnd = {
  readonly code: number | undefined
  readonly signal: string | undefined
  /** The last of what it wrote to stderr. */
  readonly lastWords: string
  /** What the channel itself saw go wrong, where the exit alone does not say. */
  readonly fault:
    | 'closed its pipes'
    | 'wrote outside the protocol'
    | 'could not start'
    | 'heap'
    | undefined
}

export type ChannelOptions = ChannelEvents & {
  readonly entry: string
  readonly saves: string
  readonly environment: Readonly<Record<string, string>>
  /** Bytes that JavaScript may hold; 0: as the engine has it by itself. */
  readonly heap: number
  readonly maxLine: () => number
}
