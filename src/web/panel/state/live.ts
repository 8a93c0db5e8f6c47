import { signal } from '@preact/signals'
import { EVENTS_URL } from './api.ts'
import { retryDelay } from './backoff.ts'
import { heard, missed } from './streams.ts'

/** `lost`: what is shown may be old, and the page tries to come back. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

const EVENTS = ['streams', 'sessions', 'status', 'audit', 'tokens', 'settings', 'keys', 'users', 'recordings'] as const
export type EventName = (typeof EVENTS)[number]

let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined
let failures = 0
let look: () => Promise<void> = async () => {}

/** Hears of everything that changes, until {@link unfollow}; `check` tells whether the login still stands. */
export function follow(check: () => Promise<void>): void {
  look = check
  open()
}

export function unfollow(): void {
  clearTimeout(timer)
  source?.close()
  source = undefined
  failures = 0
}

function open(): void {
  unfollowQuietly()
  const opened = new EventSource(EVENTS_URL)
  source = opened
  opened.onopen = () => {
    if (connection.value === 'lost') missed()
    connection.value = 'live'
    failures = 0
  }
  opened.onerror = () => void retry(opened)
  for (const name of EVENTS) {
    opened.addEventListener(name, (event: MessageEvent<string>) => heard(name, JSON.parse(event.data)))
  }
}

/** The browser's own retry knows no backoff and cannot tell an ended login from a server that is down. */
function retry(failed: EventSource): void {
  failed.close()
  if (source !== failed) return
  connection.value = 'lost'
  timer = setTimeout(() => void again(failed), retryDelay(failures++))
}

async function again(failed: EventSource): Promise<void> {
  const answered = await look().then(
    () => true,
    () => false,
  )
  if (source !== failed) return
  if (answered) open()
  else retry(failed)
}

function unfollowQuietly(): void {
  clearTimeout(timer)
  source?.close()
}
