/** Of an option that may be repeated: all that was given. */
export const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
]
