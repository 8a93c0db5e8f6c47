import { describe, expect, it, onTestFinished } from 'vitest'
import { isCsrfToken, Logins } from '../../src/services/logins.ts'
import { noteSecret } from '../support/leaks.ts'
import { aHouse } from '../support/services.ts'

const HOUR = 3600

async function aLogin() {
  const house = await aHouse()
  onTestFinished(() => house.store.close())
  const user = await house.users.create({ name: 'anna', password: 'long enough', role: 'admin' })
  const { login, secret } = house.logins.open(user)
  noteSecret(secret)
  return { ...house, user, login, secret }
}

describe('a login', () => {
  it('is found by its secret only, and holds none itself', async () => {
    const { logins, login, secret } = await aLogin()
    expect(logins.find(secret)).toBe(login)
    expect(logins.find(login.hash)).toBeUndefined()
    expect(JSON.stringify(login)).not.toContain(secret)
  })

  it('ends after 12 hours of silence', async () => {
    const { logins, login, secret, time } = await aLogin()
    time.now += 12 * HOUR - 1
    expect(logins.find(secret)).toBe(login)
    time.now += 12 * HOUR - 1
    expect(logins.find(secret)).toBe(login)
    time.now += 12 * HOUR
    expect(logins.find(secret)).toBeUndefined()
    expect(login.signal.aborted).toBe(true)
  })

  it('ends after a week, however busy it is', async () => {
    const { logins, secret, time } = await aLogin()
    for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
      time.now += 6 * HOUR
      expect(logins.find(secret), `${hours} h`).toBeDefined()
    }
    time.now += 6 * HOUR
    expect(logins.find(secret)).toBeUndefined()
  })

  it.each(['deleted', 'given another password', 'made a viewer'])(
    'ends when its user is %s in the file',
    async (how) => {
      const { logins, login, user, store } = await aLogin()
      const changed = { ...user, role: 'viewer' as const }
      const users = { deleted: [], 'given another password': [{ ...user, password: 'x' }], 'made a viewer': [changed] }[
        how
      ]
      await store.configuration.write({ ...store.configuration.current, users: users ?? [] })
      expect(login.signal.aborted).toBe(false)
      logins.sweep()
      expect(login.signal.aborted).toBe(true)
    },
  )

  it('makes room for newer ones where there are too many, the one seen longest ago first', async () => {
    const { users, clock, user } = await aLogin()
    const logins = new Logins(users, clock, 2)
    const [first, second] = [logins.open(user), logins.open(user)]
    logins.find(first.secret)
    const third = logins.open(user)
    const found = [first, second, third].map(({ secret }) => logins.find(noteSecret(secret)) !== undefined)
    expect(found).toEqual([true, false, true])
    expect(second.login.signal.aborted).toBe(true)
  })

  it('makes room among those of its own user, so that nobody logs others out by logging in often', async () => {
    const { users, clock, user } = await aLogin()
    const other = await users.create({ name: 'watcher', password: 'long enough', role: 'viewer' })
    const logins = new Logins(users, clock, 4)
    const admin = logins.open(user)
    const many = Array.from({ length: 6 }, () => logins.open(other))
    expect(logins.find(noteSecret(admin.secret))).toBe(admin.login)
    expect(many.map(({ secret }) => logins.find(noteSecret(secret)) !== undefined)).toEqual([
      ...[false, false, false, true, true, true],
    ])
  })

  it('takes its own CSRF token and no other', async () => {
    const { logins, login, user } = await aLogin()
    const other = logins.open(user).login
    expect(isCsrfToken(login, login.csrf)).toBe(true)
    for (const shown of [undefined, '', other.csrf, `${login.csrf} `, login.csrf.slice(1)]) {
      expect(isCsrfToken(login, shown)).toBe(false)
    }
  })
})
