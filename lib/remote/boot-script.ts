import { denoPlaces, managedNodePlaces, oldestNode, ownNodePlaces, systemNodePlaces } from './runtime-places.ts'

/** What the loader is told, as JSON in the text it is sent with. */
export interface LoaderOrder {
  /** 128 random bits of this connection, hexadecimal: tells our lines from anything else that is printed there. */
  readonly nonce: string
  /** Ids of the agent's folder by platform (`linux-x64`), and for any other (`*`). */
  readonly ids: Readonly<Record<string, string>>
  /** What the agent is started as: `serve`, `answer` or `receive`. */
  readonly mode: string
  /** Of the dsync that sends it: a host that has a newer one is left alone. */
  readonly version: string
  /** What this host is called by the hub. */
  readonly host: string
  /** Agents nobody started for this long are removed (ms). */
  readonly unusedMs: number
  /** What a folder may weigh when it is sent (bytes). */
  readonly limit: number
}

const nodePlaces = [...ownNodePlaces, ...systemNodePlaces, ...managedNodePlaces]

/**
 * The text for `sh` on the other host: finds a runtime and becomes the loader in it. It is one function, called by its
 * last line, so that `sh` has read all of it before anything else reads stdin.
 * @param loader the text of a JavaScript function that takes the order
 */
export function bootScript<Order extends { readonly nonce: string } = LoaderOrder>(
  loader: string,
  order: Order,
): string {
  const code = `(${loader})(${JSON.stringify(order)})`
  return `main() {
  umask 077
  home=\${DSYNC_HOME:-$HOME/.dsync}
  seen=
  for candidate in ${nodePlaces.join(' ')}; do
    [ -x "$candidate" ] || continue
    version=$("$candidate" --version 2>/dev/null </dev/null) || continue
    major=\${version#v}
    major=\${major%%.*}
    case $major in '' | *[!0-9]*) continue ;; esac
    if [ "$major" -ge ${oldestNode} ]; then
      exec "$candidate" --max-semi-space-size=8 -e ${quoted(code)}
    fi
    seen="$seen Node $version at $candidate,"
  done
  for candidate in ${denoPlaces.join(' ')}; do
    [ -x "$candidate" ] || continue
    version=$("$candidate" --version 2>/dev/null </dev/null) || continue
    version=\${version#deno }
    version=\${version%% *}
    major=\${version%%.*}
    case $major in '' | *[!0-9]*) continue ;; esac
    if [ "$major" -ge 2 ]; then
      exec "$candidate" eval --no-config --no-lock ${quoted(code)}
    fi
    seen="$seen Deno $version at $candidate,"
  done
  printf 'dsync-boot %s none %s\\n' ${order.nonce} "$seen"
}
main
`
}

/** A word for `sh`, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
