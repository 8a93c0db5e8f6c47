import { signal } from '@preact/signals'
import type { Milliseconds } from '../../../domain/units.ts'
import { EVENTS_URL } from './api.ts'
import { retryDelay } from './backoff.ts'
import { heard, missed } from './streams.ts'

/** `lost`: what is shown may be old, and the page tries to come back. */
export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')

const EVENTS = ['streams', 'sessions', 'status', 'audit', 'tokens', 'settings', 'keys', 'users', 'recordings'] as const
export type EventName = (typeof EVENTS)[number]

/** A browser opens no more than six connections to a server: pages that nobody sees leave theirs to others. */
const UNSEEN: Milliseconds = 30_000

let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined
let unseen: ReturnType<typeof setTimeout> | undefined
let failures = 0
let look: () => Promise<void> = async () => {}
/** Nothing is listened to for as long as nobody looks. */
let isResting = false
let hasMissed = false

document.addEventListener('visibilitychange', () => {
  clearTimeout(unseen)
  if (!document.hidden && isResting) open()
  else if (document.hidden && source !== undefined) unseen = setTimeout(rest, UNSEEN)
})

/** Hears of everything that changes, until {@link unfollow}; `check` tells whether the login still stands. */
export function follow(check: () => Promise<void>): void {
  look = check
  open()
}

export function unfollow(): void {
  clearTimeout(unseen)
  close()
  isResting = false
  failures = 0
}

function open(): void {
  close()
  isResting = document.hidden
  hasMissed ||= isResting
  if (isResting) return
  const opened = new EventSource(EVENTS_URL)
  source = opened
  opened.onopen = () => {
    if (hasMissed) missed()
    hasMissed = false
    connection.value = 'live'
    failures = 0
  }
  opened.onerror = () => retry(opened)
  for (const name of EVENTS) {
    opened.addEventListener(name, (event: MessageEvent<string>) => heard(name, JSON.parse(event.data)))
  }
}

function close(): void {
  clearTimeout(timer)
  source?.close()
  source = undefined
}

function rest(): void {
  close()
  isResting = true
  hasMissed = true
}

/** The browser's own retry knows no backoff and cannot tell an ended login from a server that is down. */
function retry(failed: EventSource): void {
  failed.close()
  if (source !== failed) return
  hasMissed = true
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
