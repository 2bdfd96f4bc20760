/** Something that tests use and a machine may lack. */
export interface Part {
  readonly name: string
  /** What `make` would do, in one line; undefined when nothing is missing. Changes nothing. */
  missing(): Promise<string | undefined>
  /** Makes what is missing. Throws an error whose message says what could not be done. */
  make(): Promise<void>
}
