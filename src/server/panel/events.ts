import type { ServerResponse } from 'node:http'
import type { AuditEntry } from '../../domain/audit.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { Milliseconds } from '../../domain/units.ts'
import type { AuditTrail } from '../../services/audit-trail.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import type { Login } from '../../services/logins.ts'
import { type EventClient, type Snapshot, snapshotOf, tell } from './event-client.ts'

const TICK: Milliseconds = 1000
const MOST_CLIENTS = 100
const MOST_OF_ONE_LOGIN = 10
const MOST_OF_ONE_USER = 30
const MOST_SESSIONS = 1000
/** Audit entries that wait for the next tick; the oldest make room. */
const MOST_WAITING = 200

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Accel-Buffering': 'no',
}

type StaleList = 'tokens' | 'settings' | 'keys' | 'users' | 'recordings'

/** Which lists must be fetched again after an event of the audit. */
const STALE: Partial<Record<AuditEntry['event'], StaleList>> = {
  mint: 'tokens',
  revoke: 'tokens',
  prune: 'tokens',
  redeem: 'tokens',
  admit: 'tokens',
  setting: 'settings',
  'apikey-create': 'keys',
  'apikey-revoke': 'keys',
  'user-create': 'users',
  'user-delete': 'users',
  'user-role': 'users',
  'record-start': 'recordings',
  'record-stop': 'recordings',
  'recording-delete': 'recordings',
}

type Source = Pick<DaemonOperations, 'listStreams' | 'listSessions' | 'status'>

/** Tells every open panel what changes, at most once a second: server-sent events (WHATWG HTML, section 9.2). */
export class EventFeed {
  readonly #operations: Source
  readonly #clients = new Set<EventClient>()
  readonly #stopListening: () => void
  #timer: NodeJS.Timeout | undefined
  #reading = false

  constructor(operations: Source, trail: Pick<AuditTrail, 'listen'>) {
    this.#operations = operations
    this.#stopListening = trail.listen((entry) => this.#note(entry))
  }

  /** Keeps `response` open until the login ends or the client leaves. TOO_MANY_CONNECTIONS. */
  join(response: ServerResponse, login: Login): void {
    if (this.#isFull(login)) throw new AmsctlError('TOO_MANY_CONNECTIONS', 'too many panels are open')
    const client: EventClient = {
      response,
      login,
      sent: new Map(),
      waiting: [],
      stale: new Set(),
      ticks: 0,
      stalled: 0,
    }
    // A client that takes nothing would not take the end either, and keep its place.
    const end = () => (response.writableLength > 0 ? response.destroy() : response.end())
    this.#clients.add(client)
    response.once('close', () => {
      this.#clients.delete(client)
      login.signal.removeEventListener('abort', end)
      if (this.#clients.size === 0) this.#pause()
    })
    login.signal.addEventListener('abort', end, { once: true })
    response.writeHead(200, HEADERS)
    response.write(': amsctl\n\n')
    if (login.signal.aborted) end()
    this.#timer ??= setInterval(() => void this.tick(), TICK).unref()
    // The others have their second.
    void this.tick([client])
  }

  #isFull({ hash, userId }: Login): boolean {
    const ofUser = [...this.#clients].filter(({ login }) => login.userId === userId)
    const ofLogin = ofUser.filter(({ login }) => login.hash === hash)
    const isOver = ofUser.length >= MOST_OF_ONE_USER || ofLogin.length >= MOST_OF_ONE_LOGIN
    return isOver || this.#clients.size >= MOST_CLIENTS
  }

  /** Sends what is new to those of `clients` that can take it. */
  async tick(clients: Iterable<EventClient> = this.#clients): Promise<void> {
    if (this.#reading) return
    this.#reading = true
    try {
      const snapshot = await this.#read()
      for (const client of clients) tell(client, snapshot)
    } catch {
      // What could not be read now is read at the next tick.
    } finally {
      this.#reading = false
    }
  }

  /** Every page must fetch these lists again. */
  outdate(...lists: readonly StaleList[]): void {
    for (const { stale } of this.#clients) for (const list of lists) stale.add(list)
  }

  close(): void {
    this.#pause()
    this.#stopListening()
    for (const { response } of this.#clients) response.end()
  }

  async #read(): Promise<Snapshot> {
    const [streams, sessions, status] = await Promise.all([
      this.#operations.listStreams(),
      this.#operations.listSessions(),
      this.#operations.status(),
    ])
    return snapshotOf({ streams, sessions: sessions.slice(-MOST_SESSIONS), status })
  }

  #note(entry: AuditEntry): void {
    if (this.#clients.size === 0) return
    const line = JSON.stringify(entry)
    const stale = STALE[entry.event]
    for (const client of this.#clients) {
      if (client.waiting.push(line) > MOST_WAITING) client.waiting.shift()
      if (stale !== undefined) client.stale.add(stale)
    }
  }

  #pause(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
