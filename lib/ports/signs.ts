/** What tells that a connection may be worth another look. */
export interface Signs {
  /** This machine slept or stood still: what looks alive may be dead. Returns how to stop being told. */
  onWake(listen: () => void): () => void
  /** The addresses of this machine are others. Looked for only while somebody listens; returns the same. */
  onNetwork(listen: () => void): () => void
}
