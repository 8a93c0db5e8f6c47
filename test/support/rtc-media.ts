import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createHub } from '../../src/media/hub.ts'
import type { LiveStream, MediaPacket, Publication } from '../../src/media/ports.ts'
import { NAL, packetizeH264 } from '../../src/media/rtp/h264.ts'
import { RtpIngest } from '../../src/media/rtp/ingest.ts'
import { isRtcp, readRtp } from '../../src/media/rtp/packet.ts'
import { readRtcp } from '../../src/media/rtp/rtcp-reader.ts'
import { createWebrtcEngine, type EngineOptions } from '../../src/media/webrtc/engine.ts'
import { type H264Configuration, readConfiguration, readPicture } from '../../src/media/webrtc/h264-frames.ts'
import { AUDIO, VIDEO } from '../../src/media/webrtc/outlet.ts'
import { Outlets } from '../../src/media/webrtc/outlets.ts'
import { PacketRing } from '../../src/media/webrtc/packet-ring.ts'
import type { PeerEvents } from '../../src/media/webrtc/ports.ts'
import { temporaryDirectory } from './amsctl.ts'
import { spawned } from './clients.ts'
import { FlvReader, packetOf } from './flv.ts'
import type { LossyRelay } from './lossy-relay.ts'
import { type Kind, type RtcPeerOptions, RtcPublisher, RtcViewer } from './rtc-peer.ts'

const FRAME_MS = 20
const GROUP = 25
/** 20 ms of Opus. */
const SOUND = Buffer.concat([Buffer.from([0xfc]), Buffer.alloc(80, 3)])

export interface CodedPicture {
  readonly key: boolean
  readonly units: readonly Buffer[]
}

const coded = new Map<string, Promise<CodedPicture[]>>()

/** A second of moving pictures that decoders take, 50 a second, a key frame every half second. */
export function codedPictures(size: string): Promise<CodedPicture[]> {
  const known = coded.get(size) ?? encode(size)
  coded.set(size, known)
  return known
}

async function encode(size: string): Promise<CodedPicture[]> {
  const file = join(await temporaryDirectory(), 'pictures.flv')
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'baseline']
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=50`, '-frames:v', '50']
  const { outcome } = spawned('ffmpeg', [
    ...['-nostdin', '-v', 'error', ...source, ...coding],
    ...['-g', `${GROUP}`, '-pix_fmt', 'yuv420p', '-b:v', '1500k', file],
  ])
  await outcome
  const reader = new FlvReader()
  reader.push(await readFile(file))
  const packets = reader.tags.filter(({ kind }) => kind === 'video').map(packetOf)
  const header = packets.find(({ config }) => config)
  const configuration = header && readConfiguration(header)
  return packets.flatMap((packet) => {
    const picture = configuration && !packet.config ? readPicture(packet, configuration) : undefined
    return picture ? [{ key: packet.key, units: picture.units }] : []
  })
}

/** Sends pictures that decoders take, over and over; answers NACK and PLI as browsers do. */
export class CodedPublisher extends RtcPublisher {
  /** Pictures. */
  sent = 0
  #pictures: readonly CodedPicture[]
  readonly #rings: Record<Kind, PacketRing>
  #next = 0
  #keyWanted = false

  constructor(pictures: readonly CodedPicture[], options: RtcPeerOptions = {}) {
    super(options)
    this.#pictures = pictures
    this.#rings = {
      video: new PacketRing({ ssrc: 0x7000_0001, payloadType: this.options.payloadTypes.video }),
      audio: new PacketRing({ ssrc: 0x7000_0002, payloadType: this.options.payloadTypes.audio }),
    }
    for (const track of Object.values(this.tracks)) track.onMessage((data) => this.#answer(data))
  }

  /** From their first on, without a break. */
  turnTo(pictures: readonly CodedPicture[]): void {
    this.#pictures = pictures
    this.#next = 0
  }

  override sendFrame(): void {
    const at = this.sent * FRAME_MS
    this.#send('audio', { marker: false, timestamp: at * 48, payload: SOUND })
    if (this.#keyWanted) this.#next = Math.ceil(this.#next / GROUP) * GROUP
    this.#keyWanted = false
    const payloads = packetizeH264(this.#pictures[this.#next++ % this.#pictures.length]?.units ?? [])
    for (const [index, payload] of payloads.entries()) {
      this.#send('video', { marker: index === payloads.length - 1, timestamp: at * 90, payload })
    }
    this.sent++
  }

  #send(kind: Kind, media: Parameters<PacketRing['write']>[0]): void {
    this.#pass(kind, this.#rings[kind].write(media))
  }

  #answer(data: Buffer): void {
    for (const message of isRtcp(data) ? readRtcp(data) : []) {
      if (message.kind === 'pli') this.#keyWanted = true
      if (message.kind !== 'nack') continue
      const kind = message.mediaSsrc === this.#rings.video.ssrc ? 'video' : 'audio'
      for (const sequence of message.lost) this.#pass(kind, this.#rings[kind].get(sequence))
    }
  }

  #pass(kind: Kind, packet: Buffer | undefined): void {
    const track = this.tracks[kind]
    if (packet && track?.isOpen()) track.sendMessageBinary(packet)
  }
}

/** What a decoder behind a jitter buffer gets: asks for what is missing, and passes whole pictures on. */
export class CodedViewer extends RtcViewer {
  readonly received: MediaPacket[] = []
  /** RTP that came more than once: none of it was asked for by who loses nothing. */
  repeated = 0

  constructor(options: RtcPeerOptions = {}) {
    super(options)
    const { received, tracks } = this
    const publication = collector(received)
    const send = (rtcp: Buffer) => {
      const track = tracks.video ?? tracks.audio
      if (track?.isOpen()) track.sendMessageBinary(rtcp)
    }
    const { payloadTypes } = this.options
    const video = { ssrc: VIDEO.ssrc, payloadType: payloadTypes.video }
    const audio = { ssrc: AUDIO.ssrc, payloadType: payloadTypes.audio }
    const ingest = new RtpIngest({ publication, video: tracks.video ? video : null, audio, send })
    const seen = new Set<string>()
    for (const track of Object.values(tracks)) {
      track.onMessage((data) => {
        const packet = isRtcp(data) ? undefined : readRtp(data)
        if (packet) this.#count(seen, `${packet.ssrc} ${packet.sequenceNumber}`)
        ingest.receive(data)
      })
    }
    const timer = setInterval(() => ingest.tick(), FRAME_MS)
    onTestFinished(() => clearInterval(timer))
  }

  #count(seen: Set<string>, name: string): void {
    if (seen.has(name)) this.repeated++
    seen.add(name)
  }
}

function collector(received: MediaPacket[]): Publication {
  return { start() {}, push: (packet) => void received.push(packet), end() {}, lose() {}, release() {} }
}

export function picturesOf(packets: readonly MediaPacket[]): MediaPacket[] {
  return packets.filter(({ kind, config }) => kind === 'video' && !config)
}

export function headersOf(packets: readonly MediaPacket[]): MediaPacket[] {
  return packets.filter(({ kind, config }) => kind === 'video' && config)
}

export interface Way {
  readonly relay?: LossyRelay
  /** Which candidates of the engine the peer knows; all by default. */
  readonly use?: (candidate: string) => boolean
}

/** An engine, a hub and their media, with one stream `LiveApp/cam`. */
export async function aMediaHouse(options: Partial<EngineOptions> = {}) {
  const hub = createHub({ publisherGrace: () => 0 })
  const outlets = new Outlets()
  const engine = await createWebrtcEngine(
    { port: 0, bindAddress: '127.0.0.1', iceServers: [], ...options },
    {
      makeIngest: (parts) => new RtpIngest(parts),
      viewers: { video: VIDEO, audio: AUDIO, of: (stream) => outlets.of(stream) },
    },
  )
  onTestFinished(() => {
    engine.close()
    hub.close()
  })
  const received: MediaPacket[] = []
  hub.onStart((_name, stream) => {
    stream.attach({ push: (packet) => void received.push(packet), restart() {}, end() {} })
  })
  const stream = (): LiveStream => {
    const live = hub.find('LiveApp', 'cam')
    if (!live) throw new Error('there is no stream')
    return live
  }
  return {
    engine,
    hub,
    /** What the hub was given. */
    received,
    publish: async (publisher: RtcPublisher, way: Way = {}) => {
      const publication = hub.claim('LiveApp', 'cam')
      const peer = await engine.answerPublisher(withoutCandidates(await publisher.offer()), SILENT)
      if (!publication || !peer) throw new Error('refused')
      await connect(publisher, await peer.gathered(), way)
      publication.start({ protocol: 'webrtc', address: '127.0.0.1' })
      peer.start(publication)
      publisher.stream()
      return { peer, publication }
    },
    play: async (viewer: RtcViewer, way: Way = {}) => {
      const peer = await engine.answerViewer(withoutCandidates(await viewer.offer()), SILENT)
      if (!peer) throw new Error('refused')
      await connect(viewer, await peer.gathered(), way)
      peer.start(stream(), () => {})
      return peer
    },
  }
}

const SILENT: PeerEvents = { onCandidate() {}, onConnected() {}, onGone() {} }

async function connect(peer: RtcPublisher | RtcViewer, answer: string, { relay, use }: Way): Promise<void> {
  peer.accept(withoutCandidates(answer))
  const own = [...answer.matchAll(/^a=(candidate.*)\r$/gm)].flatMap(([, candidate]) => candidate ?? [])
  const known = relay ? [relay.candidate] : own.filter(use ?? (() => true))
  const mid = /^a=mid:(\S+)/m.exec(answer)?.[1] ?? '0'
  for (const candidate of known) peer.pc.addRemoteCandidate(candidate, mid)
  await peer.connected()
}

function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, '')
}

/** What a decoder makes of the pictures: how many, of which sizes (in the order of their coming), and its complaints. */
export async function decoded(packets: readonly MediaPacket[]) {
  const file = join(await temporaryDirectory(), 'pictures.h264')
  await writeFile(file, annexB(packets))
  const entries = ['-show_entries', 'frame=width,height', '-of', 'csv=p=0', '-f', 'h264', file]
  const { stdout, stderr } = await spawned('ffprobe', ['-v', 'error', ...entries]).outcome
  const sizes = [...stdout.matchAll(/^(\d+),(\d+)/gm)].map(([, width, height]) => `${width}x${height}`)
  return { pictures: sizes.length, sizes: [...new Set(sizes)], complaints: stderr }
}

/** Nothing else tells apart two key frames of the same id, between which all was lost. H.264, section 7.4.1.2.3. */
const DELIMITER = Buffer.from([NAL.delimiter, 0xf0])

function annexB(packets: readonly MediaPacket[]): Buffer {
  let configuration: H264Configuration | undefined
  const units = packets.flatMap((packet) => {
    if (packet.kind === 'video' && packet.config) configuration = readConfiguration(packet)
    else if (packet.kind === 'video' && configuration) {
      return [DELIMITER, ...(readPicture(packet, configuration)?.units ?? [])]
    }
    return []
  })
  return Buffer.concat(units.flatMap((unit) => [Buffer.from([0, 0, 0, 1]), unit]))
}
