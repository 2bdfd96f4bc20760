/*
 * Where people have a Node or a Deno that their login shell knows and a command over ssh does not, as words for `sh`,
 * best first. `$home` is the kit's home there.
 */

/** What the kit put there itself: its launchers find it too, whatever becomes of the others. */
export const ownNodePlaces = [
  '"$home"/runtime/current/bin/node',
  '"$home"/kit/node_modules/.bin/node',
  '"$home"/kit/node_modules/node-*/bin/node',
]

/** Of the system: they stay where they are when it is upgraded. */
export const systemNodePlaces = [
  '"$(command -v node || :)"',
  '/usr/local/bin/node',
  '/opt/homebrew/bin/node',
  '/usr/bin/node',
  '/home/linuxbrew/.linuxbrew/bin/node',
  '/run/current-system/sw/bin/node',
  '/nix/var/nix/profiles/default/bin/node',
  '/snap/bin/node',
]

/** Of version managers, which remove what a person does not use any more. */
export const managedNodePlaces = [
  '"$HOME"/.nvm/versions/node/*/bin/node',
  '"$HOME"/.local/share/fnm/node-versions/*/installation/bin/node',
  '"$HOME"/.local/share/mise/installs/node/*/bin/node',
  '"$HOME"/.asdf/installs/nodejs/*/bin/node',
  '"$HOME"/.volta/bin/node',
  '"$HOME"/.nix-profile/bin/node',
  '"$HOME"/.local/bin/node',
]

export const denoPlaces = [
  '"$(command -v deno || :)"',
  '"$HOME"/.deno/bin/deno',
  '/usr/local/bin/deno',
  '/opt/homebrew/bin/deno',
  '/usr/bin/deno',
]

/** What the agent needs at least. Deno counts as new enough from 2. */
export const oldestNode = 20
