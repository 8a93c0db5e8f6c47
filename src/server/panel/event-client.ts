import type { ServerResponse } from 'node:http'
import type { Login } from '../../services/logins.ts'

const COMMENT_EVERY = 15
/** What viewers have received changes with every tick, and a thousand of them are 300 kB. */
const RECEIVED_EVERY = 5
/** What may wait for a slow client, and for how many ticks. */
const MOST_BUFFERED = 256 * 1024
const PATIENCE = 15

type Told = 'streams' | 'sessions' | 'status'

/** What is told whole whenever it has changed. */
export type Snapshot = Readonly<Record<Told, Fact>>

interface Fact {
  readonly data: string
  /** Without what changes as long as nothing happens. */
  readonly still: string
}

export function snapshotOf({ streams, sessions, status }: Readonly<Record<Told, unknown>>): Snapshot {
  return {
    streams: factOf(streams),
    sessions: factOf(sessions, /"bytes":\d+|"lastSeen":"[^"]*"/g),
    status: factOf(status, /"uptime":\d+/),
  }
}

function factOf(value: unknown, moving: RegExp | '' = ''): Fact {
  const data = JSON.stringify(value)
  return { data, still: data.replace(moving, '') }
}

/** One open page. */
export interface EventClient {
  readonly response: ServerResponse
  readonly login: Login
  readonly sent: Map<string, Fact>
  waiting: string[]
  stale: Set<string>
  ticks: number
  stalled: number
}

/** Sends what is news to the client. One that takes nothing waits for the newest, and is dropped in the end. */
export function tell(client: EventClient, snapshot: Snapshot): void {
  const { response } = client
  if (response.writableEnded || response.destroyed) return
  if (response.writableLength > MOST_BUFFERED) {
    if (++client.stalled >= PATIENCE) response.destroy()
    return
  }
  client.stalled = 0
  const lines: string[] = []
  for (const [event, fact] of Object.entries(snapshot)) {
    if (!isNews(event, fact, client)) continue
    client.sent.set(event, fact)
    lines.push(`event: ${event}\ndata: ${fact.data}\n\n`)
  }
  for (const event of client.stale) lines.push(`event: ${event}\ndata: {}\n\n`)
  for (const data of client.waiting) lines.push(`event: audit\ndata: ${data}\n\n`)
  client.stale = new Set()
  client.waiting = []
  if (++client.ticks % COMMENT_EVERY === 0) lines.push(': still here\n\n')
  if (lines.length > 0) response.write(lines.join(''))
}

/** That another second has passed is none, and that viewers have received more is some now and then. */
function isNews(event: string, { data, still }: Fact, { sent, ticks }: EventClient): boolean {
  const last = sent.get(event)
  if (event === 'sessions' && ticks % RECEIVED_EVERY === 0 && data !== last?.data) return true
  return still !== last?.still
}
