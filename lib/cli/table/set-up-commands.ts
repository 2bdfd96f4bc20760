import type { CommandSpec } from '../command-spec.ts'
import { dryRun, yes } from './words.ts'

const shell = { says: 'set up the shells there, too: commands on PATH, switch-HOST, the prompt' }
const offline = { says: "take what must be fetched from npm's cache alone" }

/** What is kept in sync, with whom and how. */
export const setUpCommands: readonly CommandSpec[] = [
  {
    name: 'hosts list',
    says: 'list the other hosts',
    operands: [],
    options: {},
    examples: [['dsync hosts', 'the same']],
  },
  {
    name: 'hosts add',
    says: 'add another host',
    operands: [{ name: 'NAME', says: 'what to call it', needed: true }],
    options: {
      ssh: { says: 'what ssh is told, if not the name: an alias, USER@HOST or ssh://USER@HOST:PORT', value: 'TARGET' },
      pipe: { says: 'a directory of this machine that plays the host', value: 'DIR', completes: 'directories' },
      'no-kit': { says: 'put nothing there but what is needed to sync' },
      shell,
      offline,
      'dry-run': dryRun,
    },
    examples: [
      ['dsync hosts add mac00', 'as `ssh mac00` reaches it'],
      ['dsync hosts add mac00 --ssh dev@mac00.local', 'as another user'],
      ['dsync hosts add twin --pipe /mnt/disk', 'an external disk; roots lie below it as they do below your home'],
    ],
    more: [
      'Another machine gets dsync itself, in its ~/.dsync, and a Node where it has none that can run it; npm fetches that here.',
    ],
  },
  {
    name: 'hosts update',
    says: 'bring dsync on other hosts up to date',
    operands: [{ name: 'NAME', says: 'the host; default: all', needed: false, completes: 'hosts' }],
    options: { shell, offline, 'dry-run': dryRun },
    examples: [
      ['dsync hosts update', 'those that have it; what is there already is not sent again, a newer one stays'],
      ['dsync hosts update mac00', 'also where it is not yet'],
    ],
  },
  {
    name: 'hosts remove',
    says: 'forget a host that no root is on',
    operands: [{ name: 'NAME', says: 'the host', needed: true, completes: 'hosts' }],
    options: {
      uninstall: { says: 'take dsync and its Node away there, too' },
      purge: { says: 'and what it keeps there: its settings, its records and its trash' },
      'dry-run': dryRun,
    },
    examples: [
      ['dsync hosts remove twin', 'its files stay as they are'],
      ['dsync hosts remove mac00 --uninstall', 'dsync is taken away there; its settings and its trash stay'],
    ],
  },
  {
    name: 'hosts check',
    says: 'see whether hosts can be reached',
    operands: [{ name: 'NAME', says: 'the host; default: all', needed: false, completes: 'hosts' }],
    options: {},
    examples: [['dsync hosts check', 'exit code 5 when one cannot be reached']],
  },
  {
    name: 'roots list',
    says: 'list the directories that are kept in sync',
    operands: [],
    options: {},
    examples: [['dsync roots', 'the same']],
  },
  {
    name: 'roots add',
    says: 'keep a directory in sync',
    operands: [{ name: 'DIR', says: 'the directory', needed: true, completes: 'directories' }],
    options: {
      on: { says: 'the hosts it is to be on (all)', value: 'HOST[,HOST]', completes: 'hosts', many: true },
      at: { says: 'where it lies on a host, if not at the same place under the home', value: 'HOST=PATH', many: true },
      watcher: {
        says: 'how changes are noticed, here or on a host: auto, inotify, fs-watch, fsevents, chokidar, polling',
        value: '[HOST=]NAME',
        words: ['auto', 'inotify', 'fs-watch', 'fsevents', 'chokidar', 'polling'],
        many: true,
      },
      mode: {
        says: 'which way changes go: two-way, send (only from here) or receive (only to here)',
        value: 'MODE',
        words: ['two-way', 'send', 'receive'],
      },
      'dry-run': dryRun,
    },
    examples: [
      ['dsync roots add ~/projects', 'on all hosts, at the same place under the home'],
      ['dsync roots add ~/site --mode send', 'what is changed elsewhere stays there and is listed'],
      ['dsync roots add ~/notes --at twin=/mnt/disk/texts', 'elsewhere on one host'],
    ],
  },
  {
    name: 'roots remove',
    says: 'keep a directory in sync no longer',
    operands: [{ name: 'DIR', says: 'the root', needed: true, completes: 'roots' }],
    options: { on: { says: 'only on this host', value: 'HOST', completes: 'hosts', many: true }, 'dry-run': dryRun },
    examples: [['dsync roots remove ~/projects', 'its files stay as they are, everywhere']],
  },
  {
    name: 'roots show',
    says: 'show where a root lies',
    operands: [{ name: 'DIR', says: 'the root', needed: true, completes: 'roots' }],
    options: {},
    examples: [['dsync roots show ~/projects', 'on every host']],
  },
  {
    name: 'config get',
    says: 'show settings, and where they come from',
    operands: [
      {
        name: 'KEY',
        says: 'a setting, or what several begin with; default: all',
        needed: false,
        completes: 'settings',
      },
    ],
    options: {},
    examples: [
      ['dsync config', 'all of them'],
      ['dsync config get roots.~/projects.watcher', 'one'],
    ],
  },
  {
    name: 'config set',
    says: 'change a setting',
    operands: [
      { name: 'KEY', says: 'the setting, as dsync config get shows it', needed: true, completes: 'settings' },
      { name: 'VALUE', says: 'a text, a list with commas, or JSON', needed: false },
    ],
    options: { default: { says: 'remove it instead, so that its default counts' }, 'dry-run': dryRun },
    examples: [
      ['dsync config set roots.~/projects.watcher polling', 'look every few seconds instead of being told'],
      ['dsync config set roots.~/projects.bandwidth 500KB', 'the most that either host sends in a second'],
      ['dsync config set ssh.program --default', 'as if it had never been set'],
    ],
    more: ['Comments and order of config.json stay as they are. The daemon takes it up at once.'],
  },
  {
    name: 'config edit',
    says: 'edit the settings in your editor',
    operands: [
      {
        name: 'FILE',
        says: 'config (config.json) or paths (paths.txt); default: config',
        needed: false,
        words: ['config', 'paths'],
      },
    ],
    options: {},
    examples: [
      ['dsync config edit', 'in $VISUAL, else $EDITOR, else vi'],
      ['dsync config edit paths', 'the list of roots'],
    ],
    more: ['You edit a copy. It takes the place of the file once nothing is wrong with it, and is never thrown away.'],
  },
  {
    name: 'config check',
    says: 'list every mistake in the settings',
    operands: [],
    options: {},
    examples: [['dsync config check', 'each with its file, line and column']],
    more: ['In config.json, paths.txt and env. Exit code 2 when there is one.'],
  },
  {
    name: 'config trust',
    says: 'let commands run that the settings name for after a sync',
    operands: [],
    options: { 'dry-run': dryRun, yes },
    examples: [['dsync config trust', 'shows each that you have not seen yet, and asks']],
    more: [
      'They are in config.json, "afterSync" of a root: [{ "command": ["make", "site"], "on": HOST, "timeoutSeconds": 60 }].',
      'One that is changed, or comes back, is asked about again; what is in the files it runs is not looked at.',
      'What they print is in after-sync.log.',
    ],
  },
  {
    name: 'service install',
    says: 'have launchd, systemd or cron keep the daemon up',
    operands: [],
    options: {
      linger: { says: 'let it run while you are logged out, too (loginctl enable-linger)' },
      'dry-run': dryRun,
      yes,
    },
    examples: [
      ['dsync service install', 'shows every file it would write, and asks'],
      ['dsync service install --yes --linger', 'for scripts'],
    ],
    more: [
      'The daemon starts with your login or the system, and again when it fails. A daemon that runs is taken over.',
      'Each night it verifies both sides and cleans the trash. Run it again to repair what was changed or moved.',
    ],
  },
  {
    name: 'service remove',
    says: 'stop the daemon and take its service away',
    operands: [],
    options: { 'dry-run': dryRun, yes },
    examples: [['dsync service remove', 'roots, settings and trash stay']],
  },
  {
    name: 'service status',
    says: 'say who keeps the daemon up, and what is wrong with that',
    operands: [],
    options: {},
    examples: [['dsync service', 'the same']],
    more: ['Exit code 1 when there is no service, or something about it is to be repaired.'],
  },
  {
    name: 'service logs',
    says: 'show what the daemon printed: why it could not start or crashed',
    operands: [
      {
        name: 'JOB',
        says: 'daemon, or what verify or trash printed at night; default: daemon',
        needed: false,
        words: ['daemon', 'verify', 'trash'],
      },
    ],
    options: {
      follow: { says: 'go on as it is printed', short: 'f' },
      lines: { says: 'so many past lines (50)', value: 'COUNT', short: 'n', atLeast: 0 },
    },
    examples: [
      ['dsync service logs', 'what it does besides is in dsync logs'],
      ['dsync service logs -f', 'until Ctrl-C'],
      ['dsync service logs verify', 'whether both sides were the same each night'],
    ],
  },
  {
    name: 'doctor',
    says: 'see what this host, its daemon and the other hosts lack, and how to mend it',
    operands: [],
    options: {
      host: { says: 'only this other host', value: 'HOST', completes: 'hosts' },
      here: { says: 'only this host and its daemon' },
    },
    examples: [
      ['dsync doctor', 'everything; exit code 1 when something failed, 5 when a host is not reached'],
      ['dsync doctor --host mac00', 'what stands in the way there'],
    ],
    more: ['It changes nothing: on each host one script for `sh` looks around and leaves nothing behind.'],
  },
  {
    name: 'completions',
    says: 'make your shell complete the words of a dsync command line',
    operands: [
      { name: 'SHELL', says: 'bash, zsh or fish', needed: true, words: ['bash', 'zsh', 'fish'] },
      {
        name: 'WORD',
        says: 'complete the last of these instead of printing the code for the shell',
        needed: false,
        many: true,
      },
    ],
    options: {
      of: { says: 'complete the words of this program instead of dsync’s', value: 'PROGRAM', words: ['dtest'] },
    },
    examples: [
      ['dsync completions bash', 'in ~/.bashrc: eval "$(dsync completions bash)"'],
      ['dsync completions zsh', 'in ~/.zshrc, after compinit: eval "$(dsync completions zsh)"'],
      ['dsync completions fish', 'in ~/.config/fish/config.fish: dsync completions fish | source'],
    ],
  },
]
