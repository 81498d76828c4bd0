/** As they were before any handler could replace them: what slot and loop say does not pass through a handler's own. */
export const { parse, stringify } = JSON
