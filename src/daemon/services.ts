import { setTimeout as pause } from 'node:timers/promises'
import type { Services } from '../services/administration.ts'
import { ApiKeys } from '../services/api-keys.ts'
import { Audit } from '../services/audit.ts'
import { Gate } from '../services/gate.ts'
import { GuessLimit } from '../services/guess-limit.ts'
import { Logins } from '../services/logins.ts'
import { Passwords } from '../services/passwords.ts'
import type { AuditLog, Clock, RecordingArchive, Store } from '../services/ports.ts'
import { Refusals } from '../services/refusals.ts'
import { Sessions } from '../services/sessions.ts'
import { Settings } from '../services/settings.ts'
import { Tokens } from '../services/tokens.ts'
import { Users } from '../services/users.ts'

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) }

/** The services over one store, with the sessions that it holds. */
export async function composeServices(
  store: Store,
  auditLog: AuditLog,
  recordings: RecordingArchive,
): Promise<Services & { refusals: Refusals }> {
  const clock = systemClock
  const audit = new Audit(auditLog, () => Date.now())
  const settings = new Settings(store.configuration)
  const guesses = new GuessLimit(() => settings.values['guess-limit'])
  const refusals = new Refusals({ audit, guesses, clock, pause: (span) => pause(span, undefined, { ref: false }) })
  const sessions = new Sessions({ store: store.sessions, shared: store.shared?.sessions, settings, audit, clock })
  await sessions.restore()
  const users = new Users(store.configuration, new Passwords(), clock)
  return {
    tokens: new Tokens(store.tokens, settings, clock),
    gate: new Gate({ tokens: store.tokens, sessions, settings, audit, refusals, clock }),
    sessions,
    settings,
    apiKeys: new ApiKeys(store.configuration, clock),
    users,
    logins: new Logins(users, clock),
    recordings,
    audit,
    refusals,
    clock,
    ...(store.backUp && { backUp: store.backUp }),
  }
}
