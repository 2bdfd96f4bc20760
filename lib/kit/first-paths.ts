/** The directories of the person this was first made for, offered to everybody: most have one of them. */
export const usualRoots = ['~/CloudRaider', '~/.claude/agents', '~/projects'] as const

/**
 * The first `paths.txt`: every usual root as a line that is switched off. `dsync roots add` switches one on, and tells the
 * other hosts of it, which a line alone does not.
 */
export function firstPathsText(): string {
  return [
    '# The directories that dsync keeps the same, one a line; a line that begins with # is switched off.',
    '# Switch one on with: dsync roots add DIR',
    ...usualRoots.map(root => `# ${root}`),
    '',
  ].join('\n')
}
