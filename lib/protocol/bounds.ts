/** Every number of the wire that somebody might question, each with its reason. */

import { batchOperations } from '../core/limits.ts'

/** Raised with any change of what is said on the wire: only equal versions talk to each other. */
export const protocolVersion = 6

/** A frame that is not cut: above this a message is sent in parts, so that small messages need not wait long (bytes). */
export const partBytes = 64 * 1024

/** What one message may hold once its parts are put together (bytes): a list of a million held paths fits. */
export const messageBytesLimit = 64 * 1024 * 1024

/** Values in one message, nested ones counted: bounds what a hostile message makes the decoder allocate. */
export const messageValuesLimit = 4_000_000

/** Arrays within arrays: ours nest half as deep. */
export const messageDepthLimit = 12

/** Pieces of content on their way and not yet acknowledged (bytes). A keystroke's message waits behind no more than this. */
export const bulkWindowBytes = 128 * 1024

/** Messages waiting for a slow link: with more, the other end is not listening, and starting over is cheaper. */
export const queuedMessagesLimit = 20_000

/**
 * Operations a batch may hold on the wire; sessions send `batchOperations`, with room for what must go together: a
 * directory that becomes a file goes with all that was in it.
 */
export const operationsLimit = 512 * batchOperations

/** Entries a replica may have: five times the largest tree we measure with. */
export const entriesLimit = 5_000_000

/** PATH_MAX: no disk we serve keeps a longer link target (bytes). */
export const targetBytesLimit = 4096

/** Words for people, and names of hosts, boots and codes (UTF-16 units). */
export const wordsLimit = 4096

/** What a shell may print before the agent speaks (bytes), and how long the whole handshake may take (ms). */
export const noiseBytesLimit = 64 * 1024
export const handshakeMs = 10_000

/** Each end says something at least this often, and takes a link without any whole frame for this long as lost (ms). */
export const heartbeatMs = 5_000
export const silenceMs = 15_000

/** An end that is asked whether it is still there says so within this (ms), or the link is taken as lost. */
export const probeMs = 3_000

/**
 * Who runs a command at the agent's end has it sent once the hub has said anything at all, which it does at least every
 * `heartbeatMs`; a hub that says nothing for so long counts as away for that command, and the link stays (ms).
 */
export const guestHeardMs = 6_000

/** How long an end waits for the other to hang up after the last word (ms). */
export const lastWordMs = 2_000

/** How long closing a replica waits for its link to end: longer than a link takes to make an end of its agent (ms). */
export const goodbyeMs = 10_000

/** How long an agent without a hub keeps its root open (ms): a closed lid, a train in a tunnel, a daemon that starts again. */
export const lingerMs = 5 * 60_000

/** How often it looks meanwhile whether its root is still to be served (ms). */
export const lingerCheckMs = 10_000

/** How often an agent that serves looks whether its host follows another hub by now (ms). */
export const hubCheckMs = 1_000

/** What a hub may say before its agent listens, and a new agent to the one that has the root already (bytes). */
export const introductionBytesLimit = 1024 * 1024
export const callBytesLimit = 64 * 1024

/** Connections to an agent's socket that have not said who they are. */
export const callersLimit = 4

/** How long an agent takes to answer a new one, and then, told to end, to let go of its root (ms). Both within `handshakeMs`. */
export const callMs = 2_000
export const releaseMs = 6_000

/** An agent that was told to end ends within this, whatever its disk does (ms). */
export const endingMs = 10_000

/** What somebody at the agent's end may ask of the hub in one request (bytes), and what comes back in one reply. */
export const guestRequestBytes = 48 * 1024
export const guestReplyBytes = 8 * 1024 * 1024

/** Requests of guests at once on one link. */
export const guestsLimit = 8

/** Replies to guests go in pieces of this size (bytes): a keystroke's message waits behind one of them at most. */
export const guestPieceBytes = 32 * 1024

/** With more replies waiting for the link than this (bytes), events are not sent any more and new requests are refused. */
export const guestBacklogBytes = 2 * 1024 * 1024

/**
 * What the hub tells its agent of the state, for when it is away: at most so many bytes, first so long after the link is
 * there (ms), looked at so often (ms), and told anew after so long though nothing changed (ms).
 */
export const newsBytes = 128 * 1024
export const firstNewsMs = 500
export const newsMs = 5000
export const newsLatestMs = 60_000
