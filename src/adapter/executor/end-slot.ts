/** Ends the slot whatever handlers have made of `process.exit`. */
export const endSlot: (code: number) => never = process.exit.bind(process)
