import { describe, expect, it } from 'vitest'
import { PANEL_OPERATIONS } from '../../../src/server/panel/call-table.ts'
import { codeOf, PASSWORD, panelOfFile } from '../../support/panel-house.ts'

const house = panelOfFile()
const OPERATIONS = Object.keys(PANEL_OPERATIONS)
const stream = { app: 'LiveApp', streamId: 'cam' }
const question = { ...stream, token: 'T'.repeat(32), type: 'play', ip: null }

/** What each operation takes; those that are not here take nothing. */
const SAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  createTokens: {
    ...stream,
    type: 'play',
    expireDate: 4_000_000_000,
    notBefore: 1,
    uses: 2,
    ip: '203.0.113.7',
    maxSession: 60,
    note: 'note',
    count: 2,
  },
  listTokens: {
    app: 'LiveApp',
    streamId: 'cam',
    type: 'play',
    state: 'active',
    expiresWithin: 60,
    sort: 'expires',
    limit: 1,
    offset: 0,
  },
  showToken: { ref: 'tk_000000000000' },
  verifyToken: question,
  redeemToken: question,
  revokeTokens: { refs: ['tk_000000000000'] },
  pruneTokens: { older: 60 },
  setSetting: { name: 'guess-limit', value: '20' },
  setTokenControl: { enable: false, types: ['play'], kick: false },
  createApiKey: { note: 'note' },
  revokeApiKey: { id: 'ak_000000000000' },
  createUser: { name: 'nobody', password: 'short', role: 'viewer' },
  deleteUser: { name: 'nobody' },
  changeRole: { name: 'nobody', role: 'viewer' },
  changePassword: { name: 'nobody', password: PASSWORD },
  deleteRecording: { app: 'LiveApp', file: 'cam.mp4' },
  startRecording: stream,
  stopRecording: stream,
  endStream: stream,
  preview: stream,
  kickSession: { id: 'ss_000000000000', revoke: false },
  recentAudit: { limit: 1, events: ['admit'], streamId: 'cam', text: 'tk_', before: '{}' },
}

const HOSTILE = [
  null,
  true,
  -1,
  1.5,
  1e308,
  '',
  'x'.repeat(5000),
  '\u0000',
  '../../etc',
  '__proto__',
  [],
  [[]],
  {},
  { length: -1 },
  [null],
  ['x'.repeat(300)],
  Array.from({ length: 1001 }, () => 'x'),
  { app: 5, streamId: [] },
]

describe('every operation', () => {
  it.each(OPERATIONS)('%s takes its own parameters, and refuses every other body in words', async (operation) => {
    const { admin } = house()
    const path = `/panel/api/call/${operation}`
    const sample = SAMPLES[operation] ?? {}
    const bodies = [
      ...[
        '[]',
        '"text"',
        'null',
        '5',
        '{',
        '{"a":1}',
        '{"__proto__":{"role":"admin"}}',
        '{"constructor":{}}',
        '\u0000',
      ],
      ...[JSON.stringify({ ...sample, more: 1 }), '['.repeat(30_000)],
    ]
    for (const body of bodies.filter((body) => body !== '{}')) {
      const answer = await admin.post(path, body)
      expect([answer.status, codeOf(answer)], body.slice(0, 60)).toEqual([400, expect.stringMatching(/^BAD_/)])
    }
    for (const field of Object.keys(sample)) {
      for (const value of HOSTILE) {
        const answer = await admin.post(path, { ...sample, [field]: value })
        expect(answer.status, `${field} ${JSON.stringify(value).slice(0, 60)}: ${answer.text}`).toBeLessThan(500)
      }
      const answer = await admin.post(path, { ...sample, [field]: { a: 'b' } })
      expect([answer.status, codeOf(answer)], field).toEqual([400, 'BAD_VALUE'])
      expect(answer.text).toMatch(new RegExp(`${field} must be|unknown field`))
    }
    const right = await admin.post(path, sample)
    expect(
      right.status === 200 || /_NOT_FOUND|NOT_LIVE|BAD_VALUE|USER_EXISTS/.test(codeOf(right) ?? ''),
      right.text,
    ).toBe(true)
  })

  it.each(OPERATIONS)('%s is for whoever is logged in, by a request that no other page can make', async (operation) => {
    const { admin, browser, url } = house()
    const path = `/panel/api/call/${operation}`
    const stranger = await browser().post(path, SAMPLES[operation] ?? {})
    expect([stranger.status, codeOf(stranger)]).toEqual([401, 'LOGIN_MISSING'])
    for (const headers of [
      { 'X-CSRF-Token': '' },
      { 'X-CSRF-Token': 'A'.repeat(43) },
      { Origin: 'http://evil.test' },
      { Origin: 'null' },
      { Origin: url.replace(/\d+$/, '1') },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]) {
      const answer = await admin.post(path, SAMPLES[operation] ?? {}, headers)
      expect([answer.status, codeOf(answer)], JSON.stringify(headers)).toEqual([403, 'ACCESS_DENIED'])
    }
    const read = await admin.ask(path)
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('that changes something is for admins', async () => {
    const { loggedIn } = house()
    const viewer = await loggedIn('a-viewer', 'viewer')
    const allowed: string[] = []
    for (const operation of OPERATIONS) {
      const answer = await viewer.post(`/panel/api/call/${operation}`, SAMPLES[operation] ?? {})
      if (answer.status !== 403) allowed.push(operation)
      else expect(answer.text).toContain(`${operation} is for admins; a-viewer is a viewer`)
    }
    expect(allowed).toEqual([
      'listTokens',
      'showToken',
      'verifyToken',
      'showSettings',
      'listApiKeys',
      'listUsers',
      'listRecordings',
      'status',
      'listStreams',
      'preview',
      'listSessions',
      'recentAudit',
    ])
  })
})
