import { directory } from '../../lib/core/tree.ts'
import { runAgent } from '../../lib/protocol/agent-main.ts'
import { systemClock } from '../../lib/replica/system-clock.ts'
import { ScriptedReplica } from './scripted-replica.ts'
import { file } from './trees.ts'

/* A process that serves a small tree on its stdin and stdout, for tests of links to real processes. What it prints first is noise to a hub. */
const served = new ScriptedReplica(directory(0o755, [['a', file('1')]]))
process.stdout.write(`pid ${process.pid}\n`)
const why = await runAgent({
  stdin: process.stdin,
  stdout: process.stdout,
  clock: systemClock,
  openRoot: () => served.opener(),
})
process.stderr.write(`ended: ${why}; closed ${served.closes}\n`)
