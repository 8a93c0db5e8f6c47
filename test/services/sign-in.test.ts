import { expect, it } from 'vitest'
import { Lockout } from '../../src/services/lockout.ts'
import { Passwords } from '../../src/services/passwords.ts'
import { SignIn } from '../../src/services/sign-in.ts'
import { Users } from '../../src/services/users.ts'
import { noteSecret } from '../support/leaks.ts'
import { aHouse } from '../support/services.ts'

const PASSWORD = noteSecret('a password of somebody')

it('strangers at any number of addresses keep out nobody who has logged in before or administers', async () => {
  const { store, clock, logins, audit } = await aHouse()
  const users = new Users(store.configuration, new Passwords(2), clock)
  const signIn = new SignIn({ users, logins, lockout: new Lockout(), audit, clock })
  await users.create({ name: 'admin', password: PASSWORD, role: 'admin' })
  const logIn = (address: string, password = PASSWORD) => signIn.logIn({ name: 'admin', password, address })
  expect(await logIn('2001:db8::1')).toMatchObject({ ok: true })
  const guesses = Array.from({ length: 6 }, (_, n) => logIn(`203.0.113.${n}`, 'a guess'))
  const home = logIn('2001:db8::2')
  const made = users.create({ name: 'second', password: PASSWORD, role: 'viewer' })
  const settled = await Promise.allSettled(guesses)
  expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(2)
  expect(await home).toMatchObject({ ok: true })
  expect(await made).toMatchObject({ name: 'second' })
  await store.close()
})
