/** Every number of the engine that somebody might question, each with its reason. */

/** NAME_MAX on ext4, xfs, btrfs, tmpfs and APFS (bytes). */
export const nameBytesLimit = 255

/** A deeper tree is hostile or a loop: PATH_MAX 4096 bytes cannot hold more one-letter components. */
export const pathDepthLimit = 2048

/** A directory with more entries is split into pages by the hash of the name, so that one change costs one page. */
export const pageEntriesLimit = 256

/** Pages a split makes: 4 bits of the hash a level. 43,008 entries become 256 pages of 168 at depth 2. */
export const pageFanOut = 16

/** Levels of splitting: 32 bits of hash. A page at the last level may grow without bound (only an attacker gets there). */
export const pageDepthLimit = 8

/** File content up to this size travels inside the change notice and the operation (bytes): no second round trip. */
export const inlineContentBytes = 64 * 1024

/** Content above this is read, sent and hashed in pieces (bytes). */
export const chunkBytes = 64 * 1024

/** Hashing more than this at once would hold up the event loop (bytes; 256 KiB take 0.2 ms): a worker does it. */
export const inlineHashBytes = 256 * 1024

/** Of an ignore file (bytes): what is beyond says nothing. */
export const ignoreFileBytes = 1024 * 1024

/** Paths of one root that git's indexes exempt from the default rules: a committed `node_modules` of a large program. */
export const trackedLimit = 20_000

/** Exempt paths that a message may name: of some hosts, and what is about to end. */
export const exemptLimit = 10 * trackedLimit

/** What a captured file is compared by digest at once up to (bytes); above, by identity, then by digest behind. */
export const captureHashBytes = 1024 * 1024

/** Content from this size on goes by a connection of its own where there is one (bytes): below, making the connection takes longer than the content. */
export const laneBytes = 4 * 1024 * 1024

/** Operations one batch may hold: bounds what an answer covers and what a crash leaves to recover. */
export const batchOperations = 512

/** Content one batch may hold (bytes). */
export const batchBytes = 1024 * 1024

/** Batches on their way to one side: one being carried out, one arriving. */
export const batchesInFlight = 2

/** Chunks of one large file on their way to one side. */
export const chunksInFlight = 4

/** Quiet needed before an absent, empty or still-open state is believed (ms). Measured: 82 of 100 vim saves look absent at the first event. */
export const quietMs = 100

/** Where no close signal exists: content shorter than the ancestor's waits this long (ms). */
export const shorterQuietMs = 20

/** A path whose writer never ends goes out at the latest after this (ms). */
export const endlessMs = 1000

/** Back-off of a path that keeps changing, first and last (ms): growing logs must not flood. */
export const backoffFirstMs = 50
export const backoffLastMs = 1000

/** Times that a path goes out at once before it backs off: a person who saves again and again never waits. One comes back after `backoffLastMs`. */
export const backoffBurst = 10

/** A change within this of the moment of hashing may hide a later one with the same times (ms): hashed again. Kernels before 6.13 tick at 4–10 ms. */
export const racyMs = 20

/** Time a slice of scanning may take before other work gets a turn (ms). */
export const sliceMs = 8

/** Deletes are held when they pass this share of a root or of one of its top-level directories … */
export const guardShare = 0.5
/** … or this number of paths … */
export const guardDeletes = 5000
/** … unless the root or directory holds fewer entries than this. */
export const guardEntries = 20

/** A root that held this many entries and is empty now was emptied by accident more often than not. One file is somebody's to delete. */
export const guardEmptied = 2

/** Records of ancestors become durable after this much quiet (ms), or at the latest after `checkpointLatestMs`. */
export const checkpointQuietMs = 2000
export const checkpointLatestMs = 30_000

/** How long `dsync sync` waits unless told (s). */
export const barrierSeconds = 60

/** `push` and `pull` are waited for as long as they take, but not for ever (s). */
export const overrideSeconds = 86_400

/** Trash is kept this long (days), and nothing younger than `trashYoungHours` is ever thinned. */
export const trashDays = 30
export const trashYoungHours = 24

/** Room the trash of a root may take (bytes): some months of edits, and a tenth of a small laptop's disk. */
export const trashBytes = 20 * 1024 ** 3

/** A frame of the protocol may hold this much (bytes). */
export const frameBytesLimit = 4 * 1024 * 1024

/** Directory moves of one side that one plan follows: ordering them costs their square. The rest travels as deletes and creates. */
export const movesPerPlan = 2048

/** What one answer to `verify` covers at most: content (bytes; a second on a slow disk), entries, and differences listed. */
export const verifyBytes = 64 * 1024 * 1024
export const verifyEntries = 5000
export const verifyDifferences = 200
