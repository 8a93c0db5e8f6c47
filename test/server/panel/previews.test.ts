import { expect, it } from 'vitest'
import { previewsOf } from '../../../src/server/panel/previews.ts'
import type { Login } from '../../../src/services/logins.ts'

it('previews end with the login that began them, and those before the newest hundred by then', async () => {
  const ended: string[] = []
  const revokeTokens = async ({ refs = [] }: { readonly refs?: readonly string[] }) => {
    ended.push(...refs)
    return { revoked: [], already: [], missing: [], globs: [], sessions: 0 }
  }
  const controller = new AbortController()
  const login: Login = { hash: 'h', userId: 'u', name: 'anna', role: 'viewer', csrf: 'c', signal: controller.signal }
  const previews = previewsOf(login, { revokeTokens })
  const ids = Array.from({ length: 102 }, (_, number) => `tk_${number}`)
  for (const id of ids) await previews.note(id)
  expect(ended).toEqual(['tk_0', 'tk_1'])
  controller.abort()
  expect(ended).toEqual(ids)
  await previews.note('tk_late')
  expect(ended.at(-1)).toBe('tk_late')
})
