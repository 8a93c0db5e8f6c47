import { Chalk, type ChalkInstance } from 'chalk'

interface Terminal {
  readonly isTTY?: boolean | undefined
}

/** Colours fit for one stream, chalk itself knowing neither NO_COLOR nor which stream it writes to. */
export function colorsFor(stream: Terminal, argv: readonly string[], env = process.env): ChalkInstance {
  return new Chalk({ level: wantsColor(stream, argv, env) ? 1 : 0 })
}

/** `--no-color`, then NO_COLOR (no-color.org), FORCE_COLOR, `TERM=dumb`, and at last whether a person looks. */
export function wantsColor(stream: Terminal, argv: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const end = argv.indexOf('--')
  if ((end === -1 ? argv : argv.slice(0, end)).includes('--no-color')) return false
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return env.TERM !== 'dumb' && stream.isTTY === true
}
