import type { Survey } from '../remote/survey.ts'
import type { Check } from './check.ts'
import { note, ok, warning } from './check.ts'
import type { SurveyedRoot } from './disk-checks.ts'
import { countOf } from './figures.ts'

/** What a Linux host is given at least when its limit is raised: what editors ask for too. */
const usualWatches = 524_288
const usualInstances = 1024

/** Below so many instances left, the next editor or build takes the last. */
const fewInstances = 8

/**
 * Watches against the directories that want one each; nothing where there is no inotify.
 * @param watching roots are being watched already, so that what is in use counts them
 */
export function watchChecks(survey: Survey, roots: readonly SurveyedRoot[], watching: boolean): Check[] {
  const { watches, places } = survey
  if (watches === undefined) return []
  const wanted = new Set(roots.map(root => root.place))
  const counted = places.filter(({ name, exists }) => exists && wanted.has(name))
  const needed = counted.reduce((sum, { directories }) => sum + (directories?.count ?? 0), 0)
  const isExact = counted.every(({ directories }) => directories?.isAll === true)
  const others = Math.max(0, watches.used - (watching ? needed : 0))
  const count = `${isExact ? '' : 'over '}${countOf(needed)} ${needed === 1 ? 'directory' : 'directories'} to watch`
  const text = `${count}, ${countOf(watches.limit)} watches allowed, ${countOf(others)} in use by others`
  const raised = Math.max(usualWatches, 2 ** Math.ceil(Math.log2((needed + others) * 2 + 1)))
  const fix = sysctl('max_user_watches', raised)
  return [needCheck(), ...instanceChecks(watches)]

  function needCheck(): Check {
    const free = (watches?.limit ?? 0) - others
    if (needed > free) {
      return warning('watches', `${text}: for what has none, changes are found by looking again and again`, fix)
    }
    if (!isExact) return note('watches', `${text}: too many to count in time`, fix)
    return needed > free * 0.8 ? note('watches', `${text}: nearly used up`, fix) : ok('watches', text)
  }
}

function instanceChecks({ instances, instancesLimit }: NonNullable<Survey['watches']>): Check[] {
  if (instancesLimit - instances >= fewInstances) return []
  const meaning = `${instances} of ${instancesLimit} instances of inotify are taken: without one, dropped events go unseen`
  return [warning('watches', meaning, sysctl('max_user_instances', usualInstances))]
}

/** Now, and from the next start on. */
function sysctl(name: string, value: number): string {
  return `echo fs.inotify.${name}=${value} | sudo tee -a /etc/sysctl.d/60-dsync.conf && sudo sysctl --system`
}
