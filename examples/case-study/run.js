import { register } from 'tsx/esm/api'

// The sources as they stand, with no build in between.
register()
const { show } = await import('./show.ts')
process.stdout.write(await show())
