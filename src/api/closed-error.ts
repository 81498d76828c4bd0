/** The directory was let go by `close`: nothing can be asked of it here any more. */
export class ClosedError extends Error {
  override name = 'ClosedError'
  constructor(dir: string) {
    super(`${dir}: closed in this process; open it again to go on with its runs`)
  }
}
