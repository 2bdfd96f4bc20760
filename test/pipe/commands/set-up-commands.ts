import type { RowTable } from './row.ts'

export const setUpRows: RowTable = {
  'hosts list': {
    right: [{ line: 'hosts', says: /^ +twin +pipe +\S+ +~\/project\n/ }],
    wrong: [{ line: 'hosts lits', says: /^There is no command "hosts lits"$/, next: /^dsync hosts list$/ }],
  },
  'hosts add': {
    right: [
      { line: 'hosts add other{n} --pipe disk{n} --dry-run', says: /^Would add other1 \(pipe to ~\/disk1\)\.\n$/ },
      {
        line: 'hosts add other{n} --pipe disk{n}',
        says: /^Added other1 \(pipe to ~\/disk1\)\.\n {2}→ dsync roots add DIR\n$/,
      },
    ],
    wrong: [
      { line: 'hosts add', says: /^NAME is missing: /, next: /^dsync help hosts add$/ },
      { line: 'hosts add a/b --pipe disk', says: /^Cannot call a host "a\/b"/, next: /^dsync help hosts add$/ },
      {
        line: 'hosts add twin --pipe disk',
        says: /^Cannot add the host twin: it is .* already$/,
        next: /^dsync hosts remove twin$/,
      },
      {
        line: 'hosts add new --pipe ~',
        says: /^Cannot make a host of .*: it is this host's own home/,
        next: /^dsync help hosts add$/,
      },
      {
        line: 'hosts add new --pipe project/kept/a.txt',
        says: /: it is not a directory$/,
        next: /^dsync help hosts add$/,
      },
      {
        line: 'hosts add new --ssh=-oProxyCommand=x',
        says: /^Cannot reach "-oProxyCommand=x" by ssh: /,
        next: /^Put what is special /,
        everywhere: true,
      },
    ],
  },
  'hosts remove': {
    right: [
      { line: 'hosts remove other{n} --dry-run', says: /^Would remove other1\. Its files would stay as they are\.\n$/ },
      { line: 'hosts remove other{n}', says: /^Removed other1\. Its files stay as they are\.\n$/ },
    ],
    wrong: [
      { line: 'hosts remove twin', says: /^Cannot remove .*twin.*~\/project is on it/, next: /^dsync roots remove / },
      { line: 'hosts remove twni', says: /^Cannot find the host "twni"; /, next: /^dsync hosts list$/ },
    ],
  },
  'hosts update': {
    right: [{ line: 'hosts update', says: /^No host that is reached by ssh\.  → dsync hosts add / }],
    wrong: [
      { line: 'hosts update twni', says: /^Cannot find the host "twni"; /, next: /^dsync hosts list$/ },
      {
        line: 'hosts update twin',
        says: /^Cannot work on twin by ssh: it is a directory /,
        next: /^dsync help hosts update$/,
      },
    ],
  },
  'hosts check': {
    right: [{ line: 'hosts check', says: /^reached +twin\n$/ }],
    wrong: [{ line: 'hosts check twni', says: /^Cannot find the host "twni"; /, next: /^dsync hosts list$/ }],
  },
  'roots list': {
    right: [{ line: 'roots', says: /^ +~\/project *\n +twin +\S+\/twin\/project *\n/ }],
    wrong: [{ line: 'roots lst', says: /^There is no command "roots lst"$/, next: /^dsync roots list$/ }],
  },
  'roots add': {
    right: [
      {
        line: 'roots add ~/more{n} --on twin --dry-run',
        says: /^Would add\n +~\/more1 *\n +twin +\S+\/twin\/more1 *\n$/,
      },
      { line: 'roots add ~/more{n} --on twin', says: /^Added\n +~\/more1 *\n +twin +\S+\/twin\/more1 *\n$/ },
    ],
    wrong: [
      { line: 'roots add', says: /^DIR is missing: the directory$/, next: /^dsync help roots add$/ },
      { line: 'roots add ~/more3 --on nobody', says: /^Cannot find the host "nobody"; /, next: /^dsync hosts list$/ },
      {
        line: 'roots add ~/more3 --at twin',
        says: /^Cannot read --at twin: it must be HOST=PATH/,
        next: /^dsync help roots add$/,
      },
      { line: 'roots add ~/more3 --watcher chokidr', says: /did you mean chokidar\?$/, next: /^One of auto, / },
      {
        line: 'roots add ~/more3 --watcher nobody=polling',
        says: /^Cannot choose a watcher on "nobody"/,
        next: /^dsync /,
      },
    ],
  },
  'roots remove': {
    right: [
      {
        line: 'roots remove ~/more{n} --dry-run',
        says: /^Would no longer keep ~\/more1 in sync\. Its files would stay\.\n$/,
      },
      { line: 'roots remove ~/more{n}', says: /^~\/more1 is kept in sync no longer\. / },
    ],
    wrong: [
      {
        line: 'roots remove ~/nowhere',
        says: /^Cannot find the root ~\/nowhere; known: ~\/project$/,
        next: /^dsync roots list$/,
      },
    ],
  },
  'roots show': {
    right: [{ line: 'roots show ~/project', says: /^ +~\/project *\n +twin +\S+\/twin\/project *\n$/ }],
    wrong: [{ line: 'roots show', says: /^DIR is missing: the root$/, next: /^dsync help roots show$/ }],
  },
  'config get': {
    right: [
      {
        line: 'config get hosts.twin.pipe',
        says: /^ *hosts\.twin\.pipe +\S+\/twin +~\/\.dsync\/config\.json:\d+:\d+\n$/,
      },
    ],
    wrong: [{ line: 'config get nmae', says: /"nmae"; did you mean name\?$/, next: /^dsync config get name$/ }],
  },
  'config set': {
    right: [
      { line: 'config set name me{n} --dry-run', says: /^Would change name:\n/ },
      { line: 'config set name me{n}', says: /^Changed name:\n/ },
      { line: 'config set name --default', says: /^Changed name:\n/ },
    ],
    wrong: [
      { line: 'config set name', says: /^Cannot tell what name is to be: /, next: /^dsync help config set$/ },
      { line: 'config set name a/b', says: /^Cannot set name/, next: /^dsync / },
      { line: 'config set nmae x', says: /did you mean name\?$/, next: /^dsync config get name$/ },
    ],
  },
  'config edit': {
    right: [{ line: 'config edit --help', says: /^Edit the settings in your editor/ }],
    wrong: [
      {
        line: 'config edit',
        says: /^Cannot edit without a terminal$/,
        next: /^dsync config set KEY VALUE$/,
        everywhere: true,
      },
      { line: 'config edit pahts', says: /^There is no file "pahts" of settings$/, next: /^dsync config edit paths$/ },
    ],
  },
  'config check': {
    right: [{ line: 'config check', says: /^Nothing is wrong\.\n$/ }],
    wrong: [{ line: 'config chekc', says: /^There is no command "config chekc"$/, next: /^dsync config check$/ }],
  },
  'config trust': {
    right: [{ line: 'config trust', says: /^No command waits for your trust\.\n$/ }],
    wrong: [{ line: 'config trust all', says: /^There is one word too many: all$/, next: /^dsync help config trust$/ }],
  },
  'service install': {
    right: [{ line: 'service install --help', says: /^Have launchd, systemd or cron keep the daemon up\.\n/ }],
    wrong: [
      { line: 'service install all', says: /^There is one word too many: all$/, next: /^dsync help service install$/ },
    ],
  },
  'service remove': {
    right: [{ line: 'service remove --yes', says: /^No service is installed\.\n$/ }],
    wrong: [
      { line: 'service removed', says: /^There is no command "service removed"$/, next: /^dsync service remove$/ },
    ],
  },
  'service status': {
    right: [
      {
        line: 'service',
        exit: 1,
        says: /^No service is installed\. The daemon \(process \d+\) was started by hand\.\n {2}→ dsync service install\n$/,
      },
    ],
    wrong: [{ line: 'service sttaus', says: /^There is no command "service sttaus"$/, next: /^dsync service status$/ }],
  },
  'service logs': {
    right: [
      { line: 'service logs', says: /^[^]*$/ },
      { line: 'service logs verify -n 3', says: /^$/ },
    ],
    wrong: [
      {
        line: 'service logs deamon --follow',
        says: /^There is no job "deamon"/,
        next: /^One of daemon, verify, trash$/,
      },
      { line: 'service logs --lines many', says: /^--lines must be a number/, next: /^dsync help service logs$/ },
      {
        line: 'service logs deamon',
        says: /^There is no job "deamon" of the service$/,
        next: /^One of daemon, verify, trash$/,
      },
    ],
  },
  doctor: {
    right: [
      {
        line: 'doctor',
        says: /^\S+ \(this host\)\n {2}ok +platform +\w+-\w+[^]*\n\n\S+ \(its daemon\)\n {2}note +service[^]*\n {2}ok +daemon +process \d+[^]* link to twin +pipe[^]*\n\ntwin \(other host\)\n[^]* ok\n$/,
      },
      { line: 'doctor --host twin', says: /^twin \(other host\)\n {2}ok +home +\S+\/twin\/\.dsync\n[^]* ok\n$/ },
    ],
    wrong: [
      { line: 'doctor --host twni', says: /^Cannot find the host "twni"; /, next: /^dsync hosts list$/ },
      { line: 'doctor --here --host twin', says: /: choose --here or --host$/, next: /^dsync help doctor$/ },
    ],
  },
  completions: {
    right: [
      { line: 'completions bash', says: /complete [^]*dsync/ },
      { line: 'completions bash -- hosts rem', says: /^remove\t/ },
    ],
    wrong: [{ line: 'completions tcsh', says: /^Cannot complete words for "tcsh"/, next: /^dsync completions \w+$/ }],
  },
}
