import { expect, it } from 'vitest'
import { AuditTrail } from '../../src/services/audit-trail.ts'

it('searches of the audit wait for each other, also for one that fails', async () => {
  const begun: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const trail = new AuditTrail({ append: () => {}, flush: async () => {} }, ({ limit }) => {
    begun.push(limit)
    return new Promise((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve([]))))
  })
  const searches = [1, 2, 3].map((limit) => trail.search({ limit }))
  for (const number of [1, 2, 3]) {
    await expect.poll(() => begun).toEqual([1, 2, 3].slice(0, number))
    ends[number - 1]?.(number === 2 ? new Error('unreadable') : undefined)
  }
  expect((await Promise.allSettled(searches)).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
})
