import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../../src/media/hub.ts'
import { parsePacket } from '../../../src/media/packet.ts'
import type { MediaPacket } from '../../../src/media/ports.ts'
import { MediaLibrary } from '../../../src/media/recording/library.ts'
import { Recordings } from '../../../src/media/recording/recordings.ts'
import { RecordingIndexFile } from '../../../src/store/recording-index.ts'
import { temporaryDirectory } from '../../support/amsctl.ts'
import { eventually } from '../../support/eventually.ts'
import { configs, span } from '../../support/synthetic-media.ts'

const CAM = { app: 'LiveApp', streamId: 'cam' }

/** A stream that somebody publishes, and everything that records it. `disk`: what the index waits for. */
async function aStudio({ disk = Promise.resolve() } = {}) {
  const directory = await temporaryDirectory()
  const index = await RecordingIndexFile.open(directory)
  const hub = createHub({ latency: 0, publisherGrace: () => 0 })
  const told: string[] = []
  const library = new MediaLibrary({ directory, index, now: () => 0 })
  const shelf = {
    create: async (app: string, streamId: string) => {
      await disk
      return library.create(app, streamId)
    },
  }
  const recordings = new Recordings({
    hub,
    shelf,
    isWanted: () => false,
    report: {
      began: (_stream, file) => told.push(`began ${file}`),
      finished: (_stream, file) => told.push(`finished ${file}`),
      lagging: () => told.push('lagging'),
      leftOut: (_stream, kind, codec) => told.push(`left out ${kind} ${codec}`),
      failed: (_stream, error) => told.push(`failed ${error}`),
    },
  })
  onTestFinished(async () => {
    hub.close()
    await recordings.close()
    await index.close()
  })
  const publication = hub.claim('LiveApp', 'cam')
  if (!publication) throw new Error('the name is taken')
  publication.start({ protocol: 'rtmp', address: '127.0.0.1' })
  const publish = (packets: readonly MediaPacket[]) => {
    for (const packet of packets) publication.push(packet)
  }
  return { recordings, told, publish, files: () => readdir(join(directory, 'LiveApp')) }
}

function mp3(dts: number): MediaPacket {
  const packet = parsePacket('audio', dts, Buffer.from([0x2f, 0xff, 0xfb, 0x90, 0x44]))
  if (!packet) throw new Error('no packet')
  return packet
}

it('says once what an MP4 cannot hold, and claims to record nothing while there is nothing else', async () => {
  const { recordings, told, publish } = await aStudio()
  publish([mp3(0)])
  const starting = recordings.start(CAM)
  publish([mp3(26), mp3(52)])
  expect(await starting).toEqual({ file: null, already: false })
  expect(told).toEqual(['left out audio MP3'])
  expect(recordings.isRecording(CAM)).toBe(false)
  publish([...configs({ audio: false }), ...span({ from: 80, to: 3080, audio: false }), mp3(3080)])
  await eventually(() => recordings.isRecording(CAM) || undefined)
  expect(await recordings.stop(CAM)).toMatchObject({ file: 'cam.mp4' })
  await eventually(() => told.includes('finished cam.mp4') || undefined)
  expect(told).toEqual(['left out audio MP3', 'began cam.mp4', 'finished cam.mp4'])
})

it('has ended by stop, and is no failure, though the disk takes long, and is complete later', async () => {
  let release = () => {}
  const disk = new Promise<void>((resolve) => {
    release = resolve
  })
  const { recordings, told, publish, files } = await aStudio({ disk })
  publish([...configs(), ...span({ from: 0, to: 3000 })])
  const starting = recordings.start(CAM)
  expect(await recordings.stop(CAM)).toEqual({ file: null, complete: false })
  release()
  expect(await starting).toMatchObject({ already: false })
  await eventually(() => told.includes('finished cam.mp4') || undefined)
  expect(await files()).toEqual(['cam.mp4'])
})
