import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Check, CheckResult } from '../../lib/doctor/check.ts'
import type { Survey } from '../../lib/remote/survey.ts'
import { linuxLines, macLines, surveyWith } from './survey-lines.ts'

/** What a host says, and the rows that come of it. */
export interface Row {
  readonly says: string
  readonly check: (survey: Survey) => Check | readonly Check[]
  readonly mac?: true
  readonly changes?: Readonly<Record<string, string | undefined>>
  /** Results in order; none when no row is wanted. */
  readonly result: CheckResult | readonly CheckResult[]
  readonly meaning?: RegExp
  readonly fix?: RegExp
}

/** Failed rows and warnings name what mends them, unless nothing does. */
const mendless = /musl|no native calls|was not to be found out/

/** A test for each row. */
export function testRows(rows: readonly Row[]): void {
  for (const { says, check, mac, changes, result, meaning, fix } of rows) {
    it(says, () => {
      const found = [check(surveyWith(mac === true ? macLines : linuxLines, changes))].flat()
      const all = JSON.stringify(found)
      assert.deepEqual(
        found.map(each => each.result),
        [result].flat(),
        all,
      )
      if (meaning !== undefined)
        assert.ok(
          found.some(each => meaning.test(each.meaning)),
          all,
        )
      if (fix !== undefined)
        assert.ok(
          found.some(each => fix.test(each.fix ?? '')),
          all,
        )
      for (const each of found.filter(({ result: of }) => of === 'failed' || of === 'warning')) {
        assert.ok(each.fix !== undefined || mendless.test(each.meaning), `no fix: ${each.meaning}`)
      }
    })
  }
}

/** Values of `place.space` and `place.inodes` behind their names, and of `file`. */
export const space = (kilobytes: number, type = 'ext4'): string =>
  `Filesystem Type 1024-blocks Used Available Capacity Mounted on\r/dev/a ${type} 1000000 1 ${kilobytes} 1% /\r`
export const inodes = (free: number): string =>
  `Filesystem Inodes IUsed IFree IUse% Mounted on\r/dev/a 9000 1 ${free} 6% /\r`
export const file = (mode: string, owner = 1000): string => `${mode} 1 ${owner} 1000 9 Nov 23 07:00 x`
