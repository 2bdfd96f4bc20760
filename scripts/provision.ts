#!/usr/bin/env node
/**
 * Shows what `npm test` could use on this machine and does not find; with `--yes`, or `CI=true`, installs it.
 * Today every suite runs on what `npm ci` brings, so there is nothing to install.
 */
import { parseArgs } from 'node:util'

parseArgs({ options: { yes: { type: 'boolean' } } })
console.log('Nothing is missing: every suite of npm test runs on what npm ci brought.')
