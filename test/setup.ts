import fc from 'fast-check'

/** Properties draw the same examples every time, so a red run repeats; FAST_CHECK_SEED draws others. */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 1) })
