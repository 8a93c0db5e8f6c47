import { spawn } from 'node:child_process'
import { expect, it, onTestFinished } from 'vitest'
import { type Outcome, outcomeOf } from '../../support/amsctl.ts'
import { eventually } from '../../support/eventually.ts'
import { packetsOf, playing, publishing } from '../../support/ffmpeg.ts'
import { describeWith } from '../../support/programs.ts'
import { anRtmpHouse } from '../../support/rtmp-house.ts'

function rtmpdump(url: string): Promise<Outcome> {
  const child = spawn('rtmpdump', ['--live', '-o', '/dev/null', '-r', url])
  onTestFinished(() => void child.kill('SIGKILL'))
  return outcomeOf(child)
}

async function published(url: string, streams: () => readonly { bytes: number }[]) {
  const publisher = publishing(`${url}/LiveApp/cam?token=good`)
  await eventually(() => streams().find(({ bytes }) => bytes > 20_000))
  return publisher
}

describeWith(['ffmpeg', 'ffprobe', 'rtmpdump'], 'real RTMP clients', () => {
  it('publish H.264 and AAC, and play them', async () => {
    const { access, hub, url } = await anRtmpHouse()
    const publisher = await published(url, () => hub.list())
    expect(hub.list()).toMatchObject([{ videoCodec: 'H264', audioCodec: 'AAC', state: 'live', protocol: 'rtmp' }])
    const dump = rtmpdump(`${url}/LiveApp/cam?token=good`)
    await eventually(() => hub.list().find(({ viewers }) => viewers === 1))
    const probe = await playing(`${url}/LiveApp/cam?token=good`).outcome
    expect(packetsOf(probe).video).toBeGreaterThan(25)
    expect(packetsOf(probe).audio).toBeGreaterThan(25)
    expect(probe.stderr).toBe('')
    publisher.child.kill('SIGINT')
    await publisher.outcome
    const { stderr } = await dump
    expect(stderr).toMatch(/Starting Live Stream/)
    expect(stderr).not.toMatch(/ERROR/)
    await eventually(() => access.events.includes('leave ended') || undefined)
    expect(hub.list()).toEqual([])
  })

  it('play to the end and stop when the publisher stops', async () => {
    const { hub, url } = await anRtmpHouse()
    const publisher = await published(url, () => hub.list())
    const player = playing(`${url}/LiveApp/cam?token=good`, 600)
    await eventually(() => hub.list().find(({ viewers }) => viewers === 1))
    publisher.child.kill('SIGINT')
    const outcome = await player.outcome
    expect(outcome.code).toBe(0)
    expect(packetsOf(outcome).video).toBeGreaterThan(0)
  })

  it('are told why they may not publish', async () => {
    const { url } = await anRtmpHouse()
    const cases = [
      ['LiveApp/cam', 'a token is needed to publish'],
      ['LiveApp/cam?token=wrong', 'unknown token'],
      ['LiveApp/ cam?token=good', 'empty stream name: is there a space in the URL?'],
      ['Nope/cam?token=good', 'app not found: "Nope"'],
    ] as const
    const outcomes = await Promise.all(cases.map(([path]) => publishing(`${url}/${path}`, 2).outcome))
    for (const [i, [, reason]] of cases.entries()) {
      expect(outcomes[i]?.stderr).toContain(`Server error: ${reason}`)
      expect(outcomes[i]?.code).not.toBe(0)
    }
  })

  it('are told that the name is taken', async () => {
    const { hub, url } = await anRtmpHouse()
    await published(url, () => hub.list())
    const { code, stderr } = await publishing(`${url}/LiveApp/cam?token=good`, 2).outcome
    expect(stderr).toContain('Server error: already publishing')
    expect(code).not.toBe(0)
  })

  it('are told why they may not play', async () => {
    const { hub, url } = await anRtmpHouse()
    await published(url, () => hub.list())
    const wrong = `${url}/LiveApp/cam?token=wrong`
    const offline = `${url}/LiveApp/offline?token=good`
    const [probe, dump, probeOffline, dumpOffline] = await Promise.all([
      playing(wrong).outcome,
      rtmpdump(wrong),
      playing(offline).outcome,
      rtmpdump(offline),
    ])
    expect(probe.stderr).toContain('Server error: unknown token')
    expect(probe.code).not.toBe(0)
    expect(dump.stderr).toContain('Closing connection: NetStream.Play.Failed')
    expect(dump.code).not.toBe(0)
    expect(probeOffline.stderr).toContain('Server error: stream not found')
    expect(dumpOffline.stderr).toContain('Closing connection: NetStream.Play.StreamNotFound')
  })

  it('may put slashes, escapes and the token in odd places', async () => {
    const { access, url } = await anRtmpHouse()
    const paths = ['LiveApp//a?token=good', 'LiveApp/b/?token=good', 'LiveApp/%20c?token=good', 'LiveApp?token=good/d']
    const outcomes = await Promise.all(paths.map((path) => publishing(`${url}/${path}`, 1).outcome))
    expect(outcomes.map(({ stderr }) => stderr)).toEqual(['', '', '', ''])
    expect(access.requests.map(({ streamId }) => streamId).sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('end when they are kicked', async () => {
    const { access, hub, url } = await anRtmpHouse()
    const publisher = await published(url, () => hub.list())
    access.connections[0]?.close('kicked')
    const { code, stderr } = await publisher.outcome
    expect(code).not.toBe(0)
    expect(stderr).not.toBe('')
  })
})
