import type { Milliseconds } from '../../domain/units.ts'
import { readFrame, readTrack } from '../fmp4/flv-body.ts'
import type { AudioTrack } from '../fmp4/track.ts'
import { codecName } from '../packet.ts'
import type { MediaPacket, PacketSink } from '../ports.ts'
import { packetizeH264 } from '../rtp/h264.ts'
import { ntpTime, senderReport } from '../rtp/rtcp-writer.ts'
import { type H264Configuration, readConfiguration, readPicture } from './h264-frames.ts'
import { type OutletSeat, type OutletViewer, Seat } from './outlet-seat.ts'
import { PacketRing } from './packet-ring.ts'

/** The tracks as every viewer is offered them. */
export const VIDEO = { ssrc: 0x616d_0001, payloadType: 102 } as const
export const AUDIO = { ssrc: 0x616d_0002, payloadType: 111 } as const

/** Ticks a millisecond. */
const VIDEO_CLOCK = 90
const AUDIO_CLOCK = 48
const REPORT_EVERY: Milliseconds = 1000
/** A frame of sound that is off by less is where the one before ends: its time was rounded on the way. */
const AUDIO_SLACK = 40 * AUDIO_CLOCK
/** Of Opus: 20 ms at the most that its encoders send take 1275 bytes. What is larger would fit into no datagram. */
const LARGEST_SOUND = 1400
const LARGEST_GROUP = 6 * 1024 * 1024

export interface OutletOwner {
  /** Nobody watches any more. */
  onEmpty(): void
  /** A viewer needs one to begin, or to go on. */
  onKeyFrameWanted(): void
}

/** One stream as RTP: packets are made once, and the same go to all its viewers. */
export class RtpOutlet implements PacketSink {
  readonly #owner: OutletOwner
  readonly #now: () => Milliseconds
  readonly #seats = new Set<Seat>()
  readonly #video = new PacketRing(VIDEO)
  readonly #audio = new PacketRing(AUDIO)
  /** What a joiner needs: all packets since the last key frame began. */
  #group: Buffer[] = []
  #groupBytes = 0
  #configuration: H264Configuration | undefined
  #sound: AudioTrack | undefined
  #soundEnd: number | undefined
  #latest: Milliseconds | undefined
  /** What is added to times of the stream for those of the day. */
  #offset: Milliseconds = 0
  #reportedAt: Milliseconds = Number.NEGATIVE_INFINITY
  #over = false

  constructor(owner: OutletOwner, now: () => Milliseconds = Date.now) {
    this.#owner = owner
    this.#now = now
  }

  get viewers(): number {
    return this.#seats.size
  }

  join(viewer: OutletViewer): OutletSeat {
    const seat = new Seat(viewer, {
      now: this.#now,
      find: (ssrc, sequence) => (ssrc === VIDEO.ssrc ? this.#video : this.#audio).get(sequence),
      forget: (gone) => {
        if (this.#seats.delete(gone) && this.#seats.size === 0) this.#owner.onEmpty()
      },
      wantKeyFrame: () => this.#owner.onKeyFrameWanted(),
    })
    this.#seats.add(seat)
    if (this.#over) queueMicrotask(() => seat.end('stream-ended'))
    for (const packet of this.#group) seat.deliver(packet, this.#now(), true)
    // What was cached may be many packets for a burst: with a key frame of its own a joiner shows a picture at once.
    this.#owner.onKeyFrameWanted()
    return seat
  }

  push(packet: MediaPacket): void {
    if (packet.kind === 'metadata') return
    if (packet.config) this.#configure(packet)
    else if (packet.kind === 'video') this.#pushVideo(packet)
    else this.#pushAudio(packet)
  }

  restart(): void {
    this.#configuration = undefined
    this.#sound = undefined
    this.#clearGroup()
  }

  end(): void {
    this.#over = true
    for (const seat of [...this.#seats]) seat.end('stream-ended')
  }

  #configure(packet: MediaPacket): void {
    if (packet.kind === 'video') {
      this.#configuration = codecName(packet) === 'H264' ? readConfiguration(packet) : undefined
      return
    }
    const track = codecName(packet) === 'Opus' ? readTrack(packet) : undefined
    this.#sound = track?.kind === 'audio' ? track : undefined
  }

  #pushVideo(packet: MediaPacket): void {
    const picture = this.#configuration && readPicture(packet, this.#configuration)
    // Browsers show pictures in the order in which they come.
    if (!picture || picture.bidirectional) return
    if (packet.key) this.#clearGroup()
    const payloads = packetizeH264(picture.units)
    for (const [index, payload] of payloads.entries()) {
      const marker = index === payloads.length - 1
      const data = this.#video.write({ marker, timestamp: picture.at * VIDEO_CLOCK, payload })
      this.#deliver(data, packet.key && index === 0)
    }
    this.#report(packet.dts)
  }

  #pushAudio(packet: MediaPacket): void {
    const frame = this.#sound && readFrame(packet)
    if (!frame || !this.#sound || frame.data.length > LARGEST_SOUND) return
    const exact = packet.dts * AUDIO_CLOCK
    const expected = this.#soundEnd ?? exact
    const timestamp = Math.abs(exact - expected) < AUDIO_SLACK ? expected : exact
    this.#soundEnd = timestamp + this.#sound.ticksOf(frame.data)
    this.#deliver(
      this.#audio.write({ marker: false, timestamp, payload: frame.data }),
      this.#configuration === undefined,
    )
    this.#report(packet.dts)
  }

  #deliver(data: Buffer, entry: boolean): void {
    const now = this.#now()
    if (entry && this.#configuration === undefined) this.#clearGroup()
    this.#group.push(data)
    this.#groupBytes += data.length
    if (this.#groupBytes > LARGEST_GROUP) this.#clearGroup()
    for (const seat of this.#seats) seat.deliver(data, now, entry)
  }

  #clearGroup(): void {
    this.#group = []
    this.#groupBytes = 0
  }

  /** Tells which time of the day a timestamp stands for, the same for both tracks, so that lips and voice are one. */
  #report(dts: Milliseconds): void {
    this.#latest = dts
    const now = this.#now()
    if (now - this.#reportedAt < REPORT_EVERY) return
    this.#reportedAt = now
    if (Math.abs(now - this.#latest - this.#offset) > REPORT_EVERY) this.#offset = now - this.#latest
    const at = now - this.#offset
    for (const [ring, clock] of [
      [this.#video, VIDEO_CLOCK],
      [this.#audio, AUDIO_CLOCK],
    ] as const) {
      const { ssrc, packets, octets } = ring
      if (packets === 0) continue
      const report = senderReport({ ssrc, ntp: ntpTime(now), rtpTimestamp: at * clock, packets, octets })
      for (const seat of this.#seats) seat.control(report)
    }
  }
}
