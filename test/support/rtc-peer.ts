import * as native from 'node-datachannel'
import { onTestFinished } from 'vitest'
import { packetizeH264 } from '../../src/media/rtp/h264.ts'
import { isRtcp, type RtpPacket, readRtp, writeRtp } from '../../src/media/rtp/packet.ts'
import { eventually } from './eventually.ts'
import { reportOf } from './native-peers.ts'

const SPS = Buffer.from('6742c01fda014016e8', 'hex')
const PPS = Buffer.from('68ce3c80', 'hex')
/** Slices of one picture each, of which no decoder would make anything. */
const KEY_SLICE = Buffer.concat([Buffer.from([0x65, 0x88]), Buffer.alloc(3000, 1)])
const DELTA_SLICE = Buffer.concat([Buffer.from([0x41, 0x9a]), Buffer.alloc(300, 2)])
const SOUND = Buffer.concat([Buffer.from([0xfc]), Buffer.alloc(80, 3)])

const FRAME_MS = 20
const REPORT_MS = 1000
const VIDEO_CLOCK = 90
const AUDIO_CLOCK = 48
const BASELINE = 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1'

export type Kind = 'video' | 'audio'

export interface RtcPeerOptions {
  /** Both by default. */
  readonly kinds?: readonly Kind[]
  readonly payloadTypes?: Readonly<Record<Kind, number>>
  /** H.264 by default. */
  readonly videoCodec?: 'H264' | 'VP8'
}

const DEFAULTS = { kinds: ['video', 'audio'], payloadTypes: { video: 102, audio: 111 }, videoCodec: 'H264' } as const

/** A peer connection without a browser that offers; its offer has all of its candidates. */
abstract class RtcPeer {
  readonly pc: native.PeerConnection
  protected readonly tracks: Partial<Record<Kind, native.Track>> = {}
  protected readonly options: Required<RtcPeerOptions>
  #state = 'new'

  constructor(name: string, options: RtcPeerOptions) {
    this.options = { ...DEFAULTS, ...options }
    this.pc = new native.PeerConnection(name, { iceServers: [], disableAutoNegotiation: true })
    this.pc.onStateChange((state) => {
      this.#state = state
    })
    onTestFinished(() => this.close())
  }

  get state(): string {
    return this.#state
  }

  /** Resolves once ICE and DTLS are through. */
  async connected(): Promise<void> {
    await eventually(() => this.#state === 'connected' || undefined)
  }

  /** The full offer. */
  async offer(): Promise<string> {
    this.pc.setLocalDescription('offer')
    await eventually(() => this.pc.gatheringState() === 'complete' || undefined)
    return this.pc.localDescription()?.sdp ?? ''
  }

  accept(answer: string): void {
    this.pc.setRemoteDescription(answer, 'answer')
  }

  close(): void {
    this.pc.close()
  }

  protected add(kind: Kind, direction: native.Direction, ssrc?: number): native.Track {
    const media = kind === 'video' ? this.#video(direction) : this.#audio(direction)
    if (ssrc !== undefined) media.addSSRC(ssrc, 'peer', 'peer', kind)
    const track = this.pc.addTrack(media)
    this.tracks[kind] = track
    return track
  }

  #video(direction: native.Direction): native.Video {
    const video = new native.Video('0', direction)
    const payloadType = this.options.payloadTypes.video
    if (this.options.videoCodec === 'VP8') video.addVP8Codec(payloadType)
    else video.addH264Codec(payloadType, BASELINE)
    return video
  }

  #audio(direction: native.Direction): native.Audio {
    const audio = new native.Audio('1', direction)
    audio.addOpusCodec(this.options.payloadTypes.audio)
    return audio
  }
}

/** Sends H.264 and Opus as RTP, 50 pictures and frames of sound a second. */
export class RtcPublisher extends RtcPeer {
  readonly #ssrcs = { video: 0x7000_0001, audio: 0x7000_0002 } as const
  readonly #sequence = { video: 0, audio: 0 }
  #frames = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: RtcPeerOptions = {}) {
    super('publisher', options)
    for (const kind of this.options.kinds) this.add(kind, 'SendOnly', this.#ssrcs[kind])
  }

  /** Sends from now on until {@link stop} or the end of the test; a key frame every half second. */
  stream(): void {
    this.#timer ??= setInterval(() => this.sendFrame(this.#frames % 25 === 0), FRAME_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  override close(): void {
    this.stop()
    super.close()
  }

  /** One picture and one frame of sound, of those that this peer has. */
  sendFrame(key: boolean): void {
    const at = this.#frames++ * FRAME_MS
    const payloads = packetizeH264(key ? [SPS, PPS, KEY_SLICE] : [DELTA_SLICE])
    for (const [index, payload] of payloads.entries()) {
      this.#send('video', { marker: index === payloads.length - 1, timestamp: at * VIDEO_CLOCK, payload })
    }
    this.#send('audio', { marker: false, timestamp: at * AUDIO_CLOCK, payload: SOUND })
  }

  #send(kind: Kind, media: Pick<RtpPacket, 'marker' | 'timestamp' | 'payload'>): void {
    const track = this.tracks[kind]
    if (!track?.isOpen()) return
    const payloadType = this.options.payloadTypes[kind]
    const sequenceNumber = this.#sequence[kind]++ & 0xffff
    track.sendMessageBinary(writeRtp({ ...media, payloadType, sequenceNumber, ssrc: this.#ssrcs[kind] }))
  }
}

/** Offers to receive H.264 and Opus, keeps what comes, and reports that it did. */
export class RtcViewer extends RtcPeer {
  readonly packets: Record<Kind, RtpPacket[]> = { video: [], audio: [] }
  readonly #reporting = setInterval(() => this.#report(), REPORT_MS)

  constructor(options: RtcPeerOptions = {}) {
    super('viewer', options)
    for (const kind of this.options.kinds) {
      this.add(kind, 'RecvOnly').onMessage((data) => {
        const packet = isRtcp(data) ? undefined : readRtp(data)
        if (packet) this.packets[kind].push(packet)
      })
    }
  }

  override close(): void {
    clearInterval(this.#reporting)
    super.close()
  }

  /** Pictures that came to their end. */
  get pictures(): number {
    return this.packets.video.filter(({ marker }) => marker).length
  }

  /** Resolves once so many packets of a kind have come. */
  async until(kind: Kind, count: number): Promise<void> {
    await eventually(() => this.packets[kind].length >= count || undefined)
  }
  #report(): void {
    for (const kind of this.options.kinds) {
      const last = this.packets[kind].at(-1)
      const track = this.tracks[kind]
      if (last && track?.isOpen()) track.sendMessageBinary(reportOf(last.ssrc))
    }
  }
}
