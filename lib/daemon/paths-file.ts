/** One root of `paths.txt`, with its line (from 1). */
export interface PathLine {
  readonly path: string
  readonly line: number
}

/** The roots of a `paths.txt`: one a line, blank lines and lines that begin with `#` left out. */
export function pathLines(text: string): PathLine[] {
  return text.split('\n').flatMap((line, i) => {
    const path = trimPath(line)
    return path === '' || path.startsWith('#') ? [] : [{ path, line: i + 1 }]
  })
}

/** The text with one more root at its end; a line that was switched off with `#` is switched on instead. */
export function withPath(text: string, path: string): string {
  if (pathLines(text).some(line => line.path === path)) return text
  const lines = text.split('\n')
  const off = lines.findIndex(line => line.startsWith('#') && trimPath(line.slice(1)) === path)
  if (off >= 0) return lines.with(off, path).join('\n')
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${path}\n`
}

/** The text with a root switched off, as `withPath` would find it; every other line stays as it is. */
export function withPathOff(text: string, path: string): string {
  return text
    .split('\n')
    .map(line => (trimPath(line) === path ? `#${path}` : line))
    .join('\n')
}

/** The text without a root; every other line stays as it is. */
export function withoutPath(text: string, path: string): string {
  return text
    .split('\n')
    .filter(line => trimPath(line) !== path)
    .join('\n')
}

function trimPath(line: string): string {
  const path = line.trim()
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}
