/** The seeds to run: `count`, or as many as DSYNC_STORM_SEEDS says, from DSYNC_STORM_FROM on. */
export function stormSeeds(count: number): number[] {
  const { DSYNC_STORM_SEEDS, DSYNC_STORM_FROM } = process.env
  const from = Number(DSYNC_STORM_FROM ?? 1)
  return Array.from({ length: Number(DSYNC_STORM_SEEDS ?? count) }, (_, index) => from + index)
}
