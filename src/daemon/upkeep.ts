import type { Milliseconds } from '../domain/units.ts'
import type { Services } from '../services/administration.ts'
import type { Log } from '../services/log.ts'

const SWEEP: Milliseconds = 1000
const FORGET: Milliseconds = 3_600_000
/** By then those who waited for the daemon to start have been let in. */
const FIRST_FORGET: Milliseconds = 60_000

/** Ends what has run out and forgets what nobody asks for any more, again and again; returns how to stop that. */
export function startUpkeep({ sessions, logins, tokens }: Services, log: Log): () => void {
  const sweeper = setInterval(() => {
    sessions.sweep()
    logins.sweep()
  }, SWEEP).unref()
  const forget = () =>
    tokens.forgetEnded().catch((error: Error) => log.warn({ error: error.message }, 'ended tokens kept'))
  const forgetter = setInterval(forget, FORGET).unref()
  const first = setTimeout(forget, FIRST_FORGET).unref()
  return () => {
    clearInterval(sweeper)
    clearInterval(forgetter)
    clearTimeout(first)
  }
}
