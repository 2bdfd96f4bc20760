/**
 * How much of what is random a run tries: one case of so many. `npm run check`, which has a minute, says so in the
 * environment; whatever else runs tests tries all.
 */
const parts = Number(process.env['DSYNC_TEST_PARTS'] ?? 1)

/** How many cases to try, of so many in all. */
export function share(runs: number): number {
  return Math.ceil(runs / parts)
}

/** The cases to try, of these. */
export function shareOf<Case>(all: readonly Case[]): readonly Case[] {
  return all.slice(0, share(all.length))
}
