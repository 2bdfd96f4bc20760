import type { RowTable } from './row.ts'

export const hubRows: RowTable = {
  'hub show': {
    right: [{ line: 'hub', says: /^\S+ \(this host\), since \S+ \S+ UTC, epoch 1\n$/ }],
    wrong: [{ line: 'hub shwo', says: /^There is no command "hub shwo"$/, next: /^dsync hub show$/ }],
  },
  'hub move': {
    right: [
      { line: 'hub move twin --dry-run', says: /^Would make twin the hub\. It reaches every host of the roots\.\n$/ },
    ],
    wrong: [
      { line: 'hub move', says: /^HOST is missing: /, next: /^dsync help hub move$/ },
      { line: 'hub move twni', says: /^Cannot find the host "twni"; /, next: /^dsync hosts list$/ },
    ],
  },
  'hub take': {
    right: [{ line: 'hub take', says: /^This host is the hub already: / }],
    wrong: [
      { line: 'hub take --ssh other', says: /^Cannot read --ssh other: /, next: /^dsync help hub take$/ },
      { line: 'hub take --ssh nobody=x', says: /^Cannot find the host "nobody"/, next: /^known: twin$/ },
    ],
  },
}
