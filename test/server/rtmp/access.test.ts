import { describe, expect, it } from 'vitest'
import { type Asker, readRequest } from '../../../src/server/rtmp/access.ts'
import type { AmfValue } from '../../../src/server/rtmp/amf0.ts'

const asker: Asker = {
  type: 'publish',
  protocol: 'rtmp',
  address: '127.0.0.1',
  userAgent: null,
  apps: ['LiveApp', 'live'],
}

const token = { kind: 'token', secret: 'T' }

describe('names as encoders send them', () => {
  it.each<[string, AmfValue, AmfValue, object]>([
    ['plain', 'live', '3125?token=T', { app: 'live', streamId: '3125', credential: token }],
    ['no query', 'live', '3125', { credential: null }],
    ['slashes moved into the app', 'live/', '3125?token=T', { app: 'live', streamId: '3125' }],
    ['a slash before the app', '/live', '/3125/?token=T', { app: 'live', streamId: '3125', credential: token }],
    ['a slash behind the name', 'live/3125', '?token=T', { app: 'live', streamId: '3125', credential: token }],
    ['all in the name', '', 'live/3125?token=T', { app: 'live', streamId: '3125', credential: token }],
    ['a space from a separate key field', 'live', ' 3125?token=T ', { streamId: '3125', credential: token }],
    ['an escaped space', 'live', '%203125?token=T', { streamId: '3125' }],
    ['an escaped letter', 'live', '%33125', { streamId: '3125' }],
    ['a query on the app', 'live?token=T', '3125', { app: 'live', streamId: '3125', credential: token }],
    ['a query behind the slash of the app', 'live/?token=T', '3125', { app: 'live', credential: token }],
    ['a token twice', 'live?token=T', '3125?token=T', { credential: { kind: 'malformed' } }],
    ['a token twice in one', 'live', '3125?token=T&token=U', { credential: { kind: 'malformed' } }],
    ['a token and a session', 'live', '3125?token=T&session=S', { credential: { kind: 'malformed' } }],
    ['a session', 'live', '3125?session=S', { credential: { kind: 'session', secret: 'S' } }],
    ['an empty token', 'live', '3125?token=', { credential: null }],
    ['a token with a control character', 'live', '3125?token=%00', { credential: { kind: 'malformed' } }],
    ['a token that is too long', 'live', `3125?token=${'x'.repeat(257)}`, { credential: { kind: 'malformed' } }],
    ['other parameters', 'live', '3125?a=b&token=T&c', { credential: token }],
    ['dots in the name', 'live', 'my.stream', { streamId: 'my.stream' }],
  ])('%s', (_case, app, name, expected) => {
    expect(readRequest(app, name, asker)).toMatchObject(expected)
  })

  it.each<[string, AmfValue, AmfValue | undefined, RegExp]>([
    ['an empty name', 'live', '', /empty stream name: is there a space in the URL\?/],
    ['only a query', 'live', '?token=T', /empty stream name: is there a space in the URL\?/],
    ['an unknown app', 'nope', '3125', /app not found: "nope"/],
    ['an empty app', '', '3125', /empty stream name/],
    ['a stream id as the app', '', 'cam/3125', /app not found: "cam"/],
    ['a path', 'live', 'a/b', /"a\/b" is not a stream name/],
    ['parent folders', 'live', '..', /is not a stream name/],
    ['parent folders, escaped', 'live', '%2e%2e', /is not a stream name/],
    ['a glob', 'live', 'cam-*', /is not a stream name/],
    ['a space inside', 'live', 'a b', /is not a stream name/],
    ['a broken escape', 'live', '%zz', /must be text, percent-escapes included/],
    ['a number', 'live', 7, /must be text/],
    ['nothing', 'live', undefined, /must be text/],
    ['an object', 'live', new Map(), /must be text/],
    ['a number for the app', 7, '3125', /must be text/],
    ['a name without end', 'live', '/'.repeat(100_000), /must be text/],
    ['a prototype name', '__proto__', '3125', /app not found/],
  ])('refuses %s', (_case, app, name, reason) => {
    expect(readRequest(app, name, asker)).toMatchObject({
      ok: false,
      code: 'NetStream.Publish.BadName',
      description: expect.stringMatching(reason),
    })
  })

  it('is not found, for a player of an unknown app', () => {
    const denial = readRequest('nope', '3125', { ...asker, type: 'play' })
    expect(denial).toMatchObject({ code: 'NetStream.Play.StreamNotFound' })
  })
})
