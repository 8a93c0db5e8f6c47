import { computed, signal } from '@preact/signals'
import { ApiError, keepCsrf, type PanelSession, post, readSession, whenLoggedOut } from './api.ts'
import { retryDelay } from './backoff.ts'
import { follow, unfollow } from './live.ts'
import { forgetAll } from './streams.ts'

/** Who is logged in; null: not known yet. */
export const session = signal<PanelSession | null>(null)
/** The server did not answer when the page was opened. */
export const isUnreachable = signal(false)
/** Why the login view is shown to somebody who was logged in. */
export const notice = signal<string | null>(null)
export const isAdmin = computed(() => session.value?.user?.role === 'admin')

const setup = takeSetup()
let attempts = 0

/** Finds out who is here, for as long as that takes. */
export async function begin(): Promise<void> {
  whenLoggedOut(() => void ended())
  try {
    enter(await readSession(setup))
    isUnreachable.value = false
    attempts = 0
  } catch (error) {
    isUnreachable.value = error instanceof ApiError && error.status === 0
    setTimeout(() => void begin(), retryDelay(attempts++))
  }
}

export async function logIn(name: string, password: string): Promise<void> {
  enter(await post<PanelSession>('/login', { name, password }))
}

export async function setUp(name: string, password: string): Promise<void> {
  enter(await post<PanelSession>('/setup', { name, password, ...(setup !== null && { setup }) }))
}

export async function changeOwnPassword(current: string, next: string): Promise<void> {
  enter(await post<PanelSession>('/password', { current, next }))
}

export async function logOut(): Promise<void> {
  await post('/logout')
  location.hash = ''
  notice.value = null
  enter(await readSession(null))
}

/** Looks whether the login stands; a page that has lost it shows the login view. */
export async function check(): Promise<void> {
  const now = await readSession(null)
  if (now.user === null && session.value?.user) notice.value = 'Your login has ended. Please log in again.'
  enter(now)
}

async function ended(): Promise<void> {
  unfollow()
  await check().catch(() => {
    if (session.value) session.value = { ...session.value, user: null, csrf: null }
  })
}

function enter(now: PanelSession): void {
  keepCsrf(now.csrf)
  const before = session.value
  session.value = now
  if (now.user === null) {
    unfollow()
    forgetAll()
  } else if (before?.csrf !== now.csrf) {
    notice.value = null
    follow(check)
  }
}

/** The secret of the set-up link, which leaves the address at once. */
function takeSetup(): string | null {
  const [, secret = null] = /^#setup=([\w-]+)/.exec(location.hash) ?? []
  if (secret !== null) history.replaceState(null, '', location.pathname)
  return secret
}
