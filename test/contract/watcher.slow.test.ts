import { realWatchers } from './watcher-makers.ts'
import { watcherSuite } from './watcher-suite.ts'

for (const maker of realWatchers) watcherSuite(maker)
