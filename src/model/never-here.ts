/** Nothing on this box could ever run the job. Exit code 3. */
export class NeverHere extends Error {
  override name = 'NeverHere'
}
