import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAddress, parseStun, parseTurn, readIceServers } from '../../src/cli/ice-servers.ts'
import { temporaryDirectory } from '../support/amsctl.ts'

const NONE = { stun: undefined, turn: undefined, 'turn-credentials': undefined }

describe('the ICE servers that pages are told of', () => {
  it('are none unless a flag names some', async () => {
    expect(await readIceServers(NONE)).toEqual([])
  })

  it('are taken with and without their scheme', () => {
    expect(parseStun('stun.example.org:3478')).toEqual({ urls: 'stun:stun.example.org:3478' })
    expect(parseStun('stun:[2001:db8::1]:3478')).toEqual({ urls: 'stun:[2001:db8::1]:3478' })
    const turn = { urls: 'turn:turn.example.org:3478', username: 'me', credential: 'a:b' }
    expect(parseTurn('me:a:b@turn.example.org:3478')).toEqual(turn)
    expect(parseTurn('turn:me:a:b@turn.example.org:3478')).toEqual(turn)
  })

  it('take the password of TURN from a file, so that it is on no command line', async () => {
    const file = join(await temporaryDirectory(), 'turn')
    await writeFile(file, 'me:secret\n')
    const servers = await readIceServers({ ...NONE, turn: 'turn.example.org', 'turn-credentials': file })
    expect(servers).toEqual([{ urls: 'turn:turn.example.org', username: 'me', credential: 'secret' }])
  })

  it.each([
    ['me:secret@', '--turn: not'],
    ['turn.example.org', '--turn-credentials FILE'],
    ['me@turn.example.org', '--turn-credentials FILE'],
  ])('refuses --turn %s, and repeats no password', (text, message) => {
    expect(() => parseTurn(text)).toThrow(message)
    expect(() => parseTurn(text)).not.toThrow('secret')
  })

  it('names the file that cannot be read', async () => {
    const flags = { ...NONE, turn: 'turn.example.org', 'turn-credentials': '/nowhere/turn' }
    await expect(readIceServers(flags)).rejects.toThrow('/nowhere/turn')
  })
})

describe('--webrtc-host', () => {
  it('is an address, since candidates carry no names', () => {
    expect(parseAddress('203.0.113.7')).toBe('203.0.113.7')
    expect(() => parseAddress('live.example.org')).toThrow('--webrtc-host')
  })
})
