import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Credential } from '../../src/domain/access.ts'
import type { AuditEntry } from '../../src/domain/audit.ts'
import type { EndReason } from '../../src/domain/session.ts'
import type { UnixSeconds } from '../../src/domain/units.ts'
import { MediaLibrary } from '../../src/media/recording/library.ts'
import type { Connection } from '../../src/services/access-control.ts'
import { administer } from '../../src/services/administration.ts'
import { ApiKeys } from '../../src/services/api-keys.ts'
import { Audit } from '../../src/services/audit.ts'
import { Gate } from '../../src/services/gate.ts'
import { GuessLimit } from '../../src/services/guess-limit.ts'
import { Logins } from '../../src/services/logins.ts'
import { Passwords } from '../../src/services/passwords.ts'
import type { Store } from '../../src/services/ports.ts'
import { Refusals } from '../../src/services/refusals.ts'
import { Sessions } from '../../src/services/sessions.ts'
import { Settings } from '../../src/services/settings.ts'
import { Tokens } from '../../src/services/tokens.ts'
import { Users } from '../../src/services/users.ts'
import { openStore } from '../../src/store/open.ts'
import { RecordingIndexFile } from '../../src/store/recording-index.ts'
import { temporaryDirectory } from './amsctl.ts'
import { NOW } from './tokens.ts'

/** The services over a real store in `dataDir`, with a clock that the test moves. */
export async function aHouse(dataDir?: string, now = NOW) {
  const directory = dataDir ?? (await temporaryDirectory())
  const time = { now }
  const store = await openStore(directory, { now: () => time.now })
  onTestFinished(() => store.close())
  return houseOver(store, directory, time)
}

/** The services over `store`, of whose files nobody but they knows. */
export async function houseOver(store: Store, directory: string, time: { now: UnixSeconds }) {
  const clock = { now: () => time.now }
  const entries: AuditEntry[] = []
  const log = { append: (entry: AuditEntry) => void entries.push(entry), flush: async () => {} }
  const audit = new Audit(log, () => time.now * 1000)
  const settings = new Settings(store.configuration)
  const delays: number[] = []
  const pause = async (span: number) => void delays.push(span)
  const refusals = new Refusals({ audit, guesses: new GuessLimit(() => settings.values['guess-limit']), clock, pause })
  const sessions = new Sessions({ store: store.sessions, shared: store.shared?.sessions, settings, audit, clock })
  await sessions.restore()
  const mediaDir = join(directory, 'streams')
  const index = await RecordingIndexFile.open(mediaDir)
  onTestFinished(() => index.close())
  const library = new MediaLibrary({ directory: mediaDir, index, now: clock.now })
  const users = new Users(store.configuration, new Passwords(), clock)
  const services = {
    tokens: new Tokens(store.tokens, settings, clock),
    gate: new Gate({ tokens: store.tokens, sessions, settings, audit, refusals, clock }),
    sessions,
    settings,
    apiKeys: new ApiKeys(store.configuration, clock),
    users,
    logins: new Logins(users, clock),
    recordings: library,
    audit,
    clock,
  }
  const operations = administer(services, { by: 'cli', protocol: 'cli', address: null })
  return { ...services, operations, directory, mediaDir, library, index, time, store, entries, delays }
}

export type House = Awaited<ReturnType<typeof aHouse>>

/** A client's connection that remembers how it was ended. */
export class FakeConnection implements Connection {
  closed: EndReason[] = []
  sent = 0

  close(reason: EndReason): void {
    this.closed.push(reason)
  }

  bytes(): number {
    return this.sent
  }
}

export function tokenCredential(secret: string | null): Credential {
  if (secret === null) throw new Error('only the answer that mints has the secret')
  return { kind: 'token', secret }
}
