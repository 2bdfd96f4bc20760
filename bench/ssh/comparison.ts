import type { Line, Report } from '../figures.ts'
import { shown, verdictOf } from '../figures.ts'
import type { PeerName } from './peer.ts'

/** Who is measured: the peers, and what an edit costs without any safety. */
export type Column = PeerName | 'floor'

/** One thing that is measured of several. */
export interface Row {
  readonly what: string
  readonly unit: Line['unit']
  /** What dsync shall not exceed, from section 13 of the design: a figure, or so many times what rsync takes. */
  readonly aim?: number | { readonly timesRsync: number }
}

/** What was found of one row, with dsync's ratios. */
export interface Compared {
  readonly what: string
  readonly unit: Line['unit']
  readonly aim?: number
  readonly values: Readonly<Partial<Record<Column, number>>>
  readonly toBestPeer?: number
  readonly toFloor?: number
  readonly verdict: ReturnType<typeof verdictOf>
}

/** What was measured, row by row, of all who take part. */
export class Comparison {
  readonly #report: Report
  readonly #rows = new Map<string, { readonly row: Row; readonly values: Map<Column, number> }>()

  constructor(report: Report) {
    this.#report = report
  }

  add(row: Row, column: Column, value: number, note: string): void {
    const found = this.#rows.get(row.what) ?? { row, values: new Map<Column, number>() }
    this.#rows.set(row.what, found)
    found.values.set(column, value)
    const aim = column === 'dsync' ? aimOf(row, found.values) : undefined
    this.#report.add({ what: `${row.what}: ${column}`, unit: row.unit, value, note, ...(aim !== undefined && { aim }) })
  }

  say(text: string): void {
    this.#report.say(text)
  }

  compared(): Compared[] {
    return [...this.#rows.values()].map(({ row, values }) => {
      const { what, unit } = row
      const [own, floor, aim] = [values.get('dsync'), values.get('floor'), aimOf(row, values)]
      const peers = [...values].filter(([column]) => column !== 'dsync' && column !== 'floor').map(([, value]) => value)
      const found = { what, unit, values: Object.fromEntries(values), ...(aim !== undefined && { aim }) }
      if (own === undefined) return { ...found, verdict: '' }
      return {
        ...found,
        ...(peers.length > 0 && { toBestPeer: own / Math.min(...peers) }),
        ...(floor !== undefined && { toFloor: own / floor }),
        verdict: verdictOf({ what, unit, value: own, note: '', ...(aim !== undefined && { aim }) }),
      }
    })
  }

  /** A table in Markdown. */
  table(columns: readonly Column[]): string {
    const heads = ['what', 'unit', ...columns, 'dsync to best peer', 'dsync to floor', 'aim', '']
    const rows = this.compared().map(row => [
      row.what,
      row.unit,
      ...columns.map(column => shown(row.values[column] ?? Number.NaN)),
      times(row.toBestPeer),
      times(row.toFloor),
      row.aim === undefined ? '' : `≤ ${shown(row.aim)}`,
      row.verdict,
    ])
    return [heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
  }
}

function aimOf({ aim }: Row, values: ReadonlyMap<Column, number>): number | undefined {
  if (typeof aim !== 'object') return aim
  const rsync = values.get('rsync')
  return rsync === undefined ? undefined : rsync * aim.timesRsync
}

function times(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return ''
  return ratio < 0.1 ? `1/${shown(1 / ratio)}` : `${shown(ratio)} ×`
}
