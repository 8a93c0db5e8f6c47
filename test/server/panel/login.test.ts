import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../../src/domain/audit.ts'
import { hashSecret } from '../../../src/domain/secret.ts'
import { noteSecret } from '../../support/leaks.ts'
import { codeOf, PASSWORD, panelOfFile } from '../../support/panel-house.ts'

const WRONG = 'not the password at all'
const house = panelOfFile()

async function audited(event: string): Promise<AuditEntry[]> {
  const entries = (await house().admin.call('recentAudit', { limit: 1000 })) as AuditEntry[]
  return entries.filter((entry) => entry.event === event)
}

describe('logging in', () => {
  it('opens a session that says who it is, by a cookie out of the reach of scripts and other sites', async () => {
    const browser = house().browser()
    const answer = await browser.post('/panel/api/login', { name: 'ADMIN', password: PASSWORD })
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      user: { id: expect.stringMatching(/^us_[0-9a-z]{12}$/), name: 'admin', role: 'admin' },
      csrf: expect.stringMatching(/^[0-9A-Za-z]{43}$/),
      firstRun: false,
      setupAllowed: false,
      version: expect.any(String),
    })
    expect(answer.headers.get('set-cookie')).toMatch(
      /^amsctl_login=[0-9A-Za-z]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await browser.session()).user?.name).toBe('admin')
    expect(await audited('login')).toContainEqual(expect.objectContaining({ by: 'user:admin', address: '127.0.0.1' }))
  })

  it('marks the cookie as one for TLS where the client came over TLS', async () => {
    const { admin, browser } = house()
    await admin.call('setSetting', { name: 'trusted-proxies', value: '127.0.0.1' })
    const proxied = { 'X-Forwarded-For': '203.0.113.9', 'X-Forwarded-Proto': 'https' }
    const client = browser()
    const answer = await client.post('/panel/api/login', { name: 'admin', password: PASSWORD }, proxied)
    const overTls = await client.ask('/panel/api/session', { headers: proxied })
    await admin.call('setSetting', { name: 'trusted-proxies', value: '' })
    expect(overTls.body).toMatchObject({ user: { name: 'admin' } })
    expect((await client.session()).user).toBeNull()
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-amsctl_login=\w{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
  })

  it('refuses a wrong password and a name that nobody has in the same words, and logs no name that nobody has', async () => {
    const typedIntoTheWrongField = noteSecret('another-password-of-somebody')
    const wrong = await house().browser().post('/panel/api/login', { name: 'admin', password: WRONG })
    const unknown = await house().browser().post('/panel/api/login', { name: typedIntoTheWrongField, password: WRONG })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(codeOf(wrong)).toBe('WRONG_PASSWORD')
    expect(unknown.text).toBe(wrong.text)
    const refused = { by: 'client', address: '127.0.0.1', code: 'WRONG_PASSWORD' }
    expect(await audited('login-fail')).toMatchObject([
      { ...refused, message: 'user admin' },
      { ...refused, message: 'unknown user' },
    ])
  })

  it('locks a name after five wrong passwords, for the right one too, and says for how long', async () => {
    const { loggedIn, browser } = house()
    const victim = await loggedIn('victim')
    for (let n = 0; n < 5; n++) {
      expect((await browser().post('/panel/api/login', { name: 'victim', password: WRONG })).status).toBe(401)
    }
    const locked = await browser().post('/panel/api/login', { name: 'Victim', password: PASSWORD })
    expect([locked.status, codeOf(locked)]).toEqual([429, 'TOO_MANY_GUESSES'])
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(30)
    expect((await victim.session()).user?.name).toBe('victim')
    const next = noteSecret('given by the admin')
    await house().admin.call('changePassword', { name: 'victim', password: next })
    await victim.must('/panel/api/login', { name: 'victim', password: next })
    await browser().must('/panel/api/login', { name: 'admin', password: PASSWORD })
  })

  it('tries no more passwords when many are sent at once', async () => {
    const tries = Array.from({ length: 30 }, () =>
      house().browser().post('/panel/api/login', { name: 'somebody', password: WRONG }),
    )
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
  })

  it('takes a secret of its own, whatever the browser showed before', async () => {
    const { browser } = house()
    const victim = browser()
    const planted = `amsctl_login=${'A'.repeat(43)}`
    victim.cookie = planted
    await victim.must('/panel/api/login', { name: 'admin', password: PASSWORD })
    const first = victim.cookie
    expect(first).not.toBe(planted)
    await victim.must('/panel/api/login', { name: 'admin', password: PASSWORD })
    expect(victim.cookie).not.toBe(first)
    for (const old of [planted, first]) {
      const thief = browser()
      thief.cookie = old
      expect((await thief.session()).user).toBeNull()
    }
  })

  it('ends at logout, on the server too', async () => {
    const { loggedIn, browser } = house()
    const leaving = await loggedIn('leaving')
    const thief = browser()
    thief.cookie = leaving.cookie
    const answer = await leaving.post('/panel/api/logout', '')
    expect(answer.headers.get('set-cookie')).toMatch(/^amsctl_login=; Max-Age=0; Path=\/; HttpOnly; SameSite=Strict$/)
    expect((await thief.session()).user).toBeNull()
    expect(await audited('logout')).toMatchObject([{ by: 'user:leaving' }])
  })

  it('keeps the hash of a password only', async () => {
    const stored = await readFile(join(house().dataDir, 'settings.json'), 'utf8')
    expect(JSON.parse(stored).users[0].password).toMatch(/^scrypt\$15\$8\$1\$/)
    expect(stored).not.toContain(hashSecret(PASSWORD))
  })
})

describe('a new password', () => {
  it('ends every login of the user but a fresh one for who changed it', async () => {
    const { loggedIn, browser } = house()
    const user = await loggedIn('changing')
    const elsewhere = browser()
    await elsewhere.must('/panel/api/login', { name: 'changing', password: PASSWORD })
    const before = browser()
    before.cookie = user.cookie
    const next = noteSecret('an entirely new password')
    await user.must('/panel/api/password', { current: PASSWORD, next })
    expect((await user.session()).user?.name).toBe('changing')
    expect((await elsewhere.session()).user).toBeNull()
    expect((await before.session()).user).toBeNull()
    expect((await browser().post('/panel/api/login', { name: 'changing', password: PASSWORD })).status).toBe(401)
    await browser().must('/panel/api/login', { name: 'changing', password: next })
    const changed = expect.objectContaining({ by: 'user:changing', message: 'changing' })
    expect(await audited('user-passwd')).toContainEqual(changed)
  })

  it('needs the current one', async () => {
    const answer = await house().admin.post('/panel/api/password', { current: WRONG, next: 'whatever else it is' })
    expect(codeOf(answer)).toBe('WRONG_PASSWORD')
  })

  it('that an admin gives to somebody, or being deleted, logs that user out', async () => {
    const { admin, loggedIn } = house()
    const viewer = await loggedIn('watcher', 'viewer')
    const given = noteSecret('given by an admin')
    await admin.call('changePassword', { name: 'watcher', password: given })
    expect((await viewer.session()).user).toBeNull()
    await viewer.must('/panel/api/login', { name: 'watcher', password: given })
    await admin.call('deleteUser', { name: 'watcher' })
    expect((await viewer.session()).user).toBeNull()
    expect(await audited('user-delete')).toMatchObject([{ by: 'user:admin', message: 'watcher' }])
  })
})
