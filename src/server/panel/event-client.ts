import type { ServerResponse } from 'node:http'
import type { Login } from '../../services/logins.ts'

const COMMENT_EVERY = 15
/** What may wait for a slow client, and for how many ticks. */
const MOST_BUFFERED = 256 * 1024
const PATIENCE = 15

/** What is told whole whenever it has changed, as it was sent last. */
export type Snapshot = Readonly<Record<'streams' | 'sessions' | 'status', string>>

/** One open page. */
export interface EventClient {
  readonly response: ServerResponse
  readonly login: Login
  readonly sent: Map<string, string>
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
  for (const [event, data] of Object.entries(snapshot)) {
    if (client.sent.get(event) === data || !isNews(event, data, client.sent.get(event))) continue
    client.sent.set(event, data)
    lines.push(`event: ${event}\ndata: ${data}\n\n`)
  }
  for (const event of client.stale) lines.push(`event: ${event}\ndata: {}\n\n`)
  for (const data of client.waiting) lines.push(`event: audit\ndata: ${data}\n\n`)
  client.stale = new Set()
  client.waiting = []
  if (++client.ticks % COMMENT_EVERY === 0) lines.push(': still here\n\n')
  if (lines.length > 0) response.write(lines.join(''))
}

/** That another second has passed is none. */
function isNews(event: string, data: string, sent: string | undefined): boolean {
  const timeless = (text: string | undefined) => text?.replace(/"uptime":\d+/, '')
  return event !== 'status' || timeless(data) !== timeless(sent)
}
