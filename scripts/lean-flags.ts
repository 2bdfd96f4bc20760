/**
 * What keeps a process that lives for weeks small. Without it the young generation grows to 128 MB in a first copy and
 * stays so (measured at 20,000 files); with it to 16 MB, for the same speed.
 */
export const leanFlags: readonly string[] = 'deno' in process.versions ? [] : ['--max-semi-space-size=8']
