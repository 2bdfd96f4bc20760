import type { CommandSpec } from '../command-spec.ts'

/** The one command of `install.sh`, whose own text says the same to those who have no Node yet. */
export const installCommand: CommandSpec = {
  name: './install.sh',
  isProgram: true,
  says: 'install dsync on this machine, or take it back',
  operands: [],
  options: {
    home: { says: 'install into DIR instead of ~/.dsync', value: 'DIR', completes: 'directories' },
    host: { says: 'also add this host, as `ssh NAME` reaches it', value: 'NAME', many: true },
    root: { says: 'also keep this directory the same', value: 'DIR', completes: 'directories', many: true },
    'no-service': { says: 'start nothing at login' },
    'no-shell': { says: 'leave the files of your shells alone' },
    'dry-run': { says: 'print every file it would touch, with a diff, and touch none' },
    yes: { says: 'do not ask' },
    upgrade: { says: 'bring what is installed to the version of this checkout' },
    uninstall: { says: 'take everything back; your files, settings and trash stay' },
    purge: { says: 'with --uninstall: settings, history and trash go too; your files stay' },
    offline: { says: "take packages from npm's cache alone" },
  },
  examples: [],
}
