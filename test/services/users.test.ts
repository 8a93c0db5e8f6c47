import { describe, expect, it } from 'vitest'
import { Passwords } from '../../src/services/passwords.ts'
import { noteSecret } from '../support/leaks.ts'
import { aHouse } from '../support/services.ts'

const PASSWORD = noteSecret('a password of somebody')
const admin = { name: 'admin', password: PASSWORD, role: 'admin' } as const

describe('users', () => {
  it('are kept with their hashes, and known again after a restart', async () => {
    const { users, store, directory } = await aHouse()
    await users.create(admin)
    await store.close()
    const again = await aHouse(directory)
    const user = again.users.find('ADMIN')
    expect(again.users.list()).toEqual([
      { id: user?.id, name: 'admin', role: 'admin', createdAt: '2027-01-15T08:00:00Z' },
    ])
    expect(await again.users.isPassword(user, PASSWORD)).toBe(true)
    expect(await again.users.isPassword(user, `${PASSWORD} `)).toBe(false)
    await again.store.close()
  })

  it.each([
    ['', PASSWORD],
    ['a b', PASSWORD],
    ['a/b', PASSWORD],
    ['<b>', PASSWORD],
    ['é', PASSWORD],
    ['a'.repeat(65), PASSWORD],
    ['__proto__\n', PASSWORD],
    ['anna', 'seven77'],
    ['anna', 'x'.repeat(1025)],
    ['anna', 'two lines\nof a file'],
    ['anna', 'l\0o\0n\0g\0'],
  ])('are not made with the name %j and the password %j', async (name, password) => {
    const { users, store } = await aHouse()
    await expect(users.create({ name, password, role: 'admin' })).rejects.toMatchObject({ code: 'BAD_VALUE' })
    expect(users.isEmpty).toBe(true)
    await store.close()
  })

  it('have names of their own, whatever the case, also of many made at once', async () => {
    const { users, store } = await aHouse()
    const names = ['anna', 'Anna', 'ANNA']
    const made = await Promise.allSettled(names.map((name) => users.create({ ...admin, name })))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(users.list()).toHaveLength(1)
    await store.close()
  })

  it('keep their last admin', async () => {
    const { operations, users, store, entries } = await aHouse()
    await operations.createUser(admin)
    await operations.createUser({ ...admin, name: 'watcher', role: 'viewer' })
    const last = { code: 'LAST_ADMIN', message: 'admin is the last admin; create another one first' }
    await expect(operations.deleteUser({ name: 'admin' })).rejects.toMatchObject(last)
    await expect(operations.changeRole({ name: 'admin', role: 'viewer' })).rejects.toMatchObject(last)
    await operations.createUser({ ...admin, name: 'second' })
    await operations.deleteUser({ name: 'Admin' })
    await expect(operations.deleteUser({ name: 'second' })).rejects.toMatchObject({ code: 'LAST_ADMIN' })
    await expect(operations.deleteUser({ name: 'admin' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' })
    expect(users.list().map(({ name }) => name)).toEqual(['watcher', 'second'])
    expect(entries.map(({ event, message }) => `${event} ${message}`)).toEqual([
      'user-create admin (admin)',
      'user-create watcher (viewer)',
      'user-create second (admin)',
      'user-delete admin',
    ])
    await store.close()
  })

  it('may be given the other role, of two admins at the same moment exactly one', async () => {
    const { operations, users, store, entries } = await aHouse()
    await operations.createUser(admin)
    await operations.createUser({ ...admin, name: 'second' })
    const both = ['admin', 'Second'].map((name) => operations.changeRole({ name, role: 'viewer' }))
    const settled = await Promise.allSettled(both)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(settled[1]).toMatchObject({ reason: { code: 'LAST_ADMIN' } })
    await operations.changeRole({ name: 'admin', role: 'admin' })
    await operations.changeRole({ name: 'second', role: 'viewer' })
    expect(users.list().map(({ name, role }) => `${name} ${role}`)).toEqual(['admin admin', 'second viewer'])
    await expect(operations.changeRole({ name: 'nobody', role: 'admin' })).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    })
    expect(entries.slice(2).map(({ event, message }) => `${event} ${message}`)).toEqual([
      'user-role admin (viewer)',
      'user-role admin (admin)',
      'user-role second (viewer)',
    ])
    await store.close()
  })

  it('keep a password from whoever knew the one before it was reset, or that of a user before of that name', async () => {
    const { users, store } = await aHouse()
    const before = await users.create(admin)
    const reset = await users.changePassword('admin', 'the password was reset', before)
    const late = users.changePassword('admin', 'the old owner goes on', before)
    await expect(late).rejects.toMatchObject({ code: 'LOGIN_MISSING' })
    expect(users.find('admin')).toEqual(reset)
    await users.create({ ...admin, name: 'second' })
    await users.delete('admin')
    const successor = await users.create(admin)
    const later = users.changePassword('admin', 'the old owner goes on', reset)
    await expect(later).rejects.toMatchObject({ code: 'LOGIN_MISSING' })
    expect(users.find('admin')).toEqual(successor)
    await store.close()
  })

  it('take any password of Unicode, however it was composed', async () => {
    const { users, store } = await aHouse()
    const user = await users.create({ ...admin, password: 'Zuf\u00e4llig \u{1F511} \u212b' })
    expect(await users.isPassword(user, 'Zufa\u0308llig \u{1F511} \u00c5')).toBe(true)
    await store.close()
  })
})

describe('passwords', () => {
  it('are hashed two at a time, and refused where too many wait', async () => {
    const passwords = new Passwords(1)
    const all = Array.from({ length: 5 }, () => passwords.matches('x', undefined))
    const settled = await Promise.allSettled(all)
    const busy = settled.filter(({ status }) => status === 'rejected')
    expect(busy).toHaveLength(2)
    expect(busy[0]).toMatchObject({ reason: { code: 'SERVER_BUSY', http: 503 } })
  })

  it('take as long where nobody has that name', async () => {
    const passwords = new Passwords()
    const stored = await passwords.hash(PASSWORD)
    const time = async (hash: string | undefined) => {
      const { user, system } = process.cpuUsage()
      await passwords.matches('wrong password', hash)
      const after = process.cpuUsage()
      return after.user + after.system - user - system
    }
    let known = Number.POSITIVE_INFINITY
    let nobody = Number.POSITIVE_INFINITY
    const isAlike = () => nobody / known > 0.5 && nobody / known < 2
    for (let turn = 0; turn < 20 && !(turn >= 4 && isAlike()); turn++) {
      known = Math.min(known, await time(stored))
      nobody = Math.min(nobody, await time(undefined))
    }
    expect(isAlike(), `${known} and ${nobody}`).toBe(true)
  })
})
