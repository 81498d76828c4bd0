/**
 * `JSON.parse` and `stringify` as they were before any handler could replace them: the protocol between slot
 * and loop must not depend on what a handler changed.
 */
export const { parse, stringify } = JSON
