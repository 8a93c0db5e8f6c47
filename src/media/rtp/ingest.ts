import type { Milliseconds } from '../../domain/units.ts'
import { parsePacket } from '../packet.ts'
import type { Publication } from '../ports.ts'
import { H264Depacketizer, NAL, unitType } from './h264.ts'
import { isRtcp, type RtpPacket, readRtp } from './packet.ts'
import { Quality } from './quality.ts'
import { RtpReceiver } from './receiver.ts'
import { readRtcp } from './rtcp-reader.ts'
import { nack, pli, receiverReport, remb } from './rtcp-writer.ts'
import { avcFrame, avcHeader, opusFrame, opusHeader } from './tags.ts'
import { type PublisherClock, TrackClock } from './track-clock.ts'

const VIDEO_RATE = 90_000
const AUDIO_RATE = 48_000
/** Ours, in what we report; of the sender's choice are those of media. */
const REPORTER = 1
const REPORT_EVERY: Milliseconds = 1000
/** HLS, recordings and new viewers begin at key frames. */
const KEY_EVERY: Milliseconds = 2000
const KEY_AFTER_LOSS: Milliseconds = 500
/** For so long sound is left out before the first picture: players take what begins without a picture for sound alone. */
const PICTURE_WITHIN: Milliseconds = 5000
/** Says nothing about the picture to a decoder. */
const LEFT_OUT: readonly number[] = [NAL.sps, NAL.pps, NAL.delimiter, 12]

export interface IngestTrack {
  readonly ssrc: number
  readonly payloadType: number
}

export interface IngestOptions {
  readonly publication: Publication
  readonly video: IngestTrack | null
  readonly audio: IngestTrack | null
  /** Takes RTCP for the publisher. */
  readonly send: (rtcp: Buffer) => void
  readonly now?: () => Milliseconds
}

/** One track on its way from packets to a publication. */
interface Lane {
  readonly payloadType: number
  readonly receiver: RtpReceiver
  readonly clock: TrackClock
}

/** Makes packets of a publication from the RTP of a publisher, H.264 and Opus, and asks it for what is missing. */
export class RtpIngest {
  bytes = 0
  readonly #publication: Publication
  readonly #send: (rtcp: Buffer) => void
  readonly #now: () => Milliseconds
  readonly #startedAt: Milliseconds
  readonly #lanes = new Map<number, Lane>()
  readonly #video: IngestTrack | null
  readonly #depacketizer = new H264Depacketizer()
  readonly #quality = new Quality()
  #sps: Buffer | undefined
  #pps: Buffer | undefined
  #header: Buffer | undefined
  #opusBegun = false
  #awaitsKey = true
  #reportedAt: Milliseconds = 0
  #askedForKeyAt: Milliseconds = Number.NEGATIVE_INFINITY

  constructor({ publication, video, audio, send, now = () => performance.now() }: IngestOptions) {
    this.#publication = publication
    this.#send = send
    this.#now = now
    this.#startedAt = now()
    this.#video = video
    publication.onKeyFrameWanted?.(() => this.#askForKey(KEY_AFTER_LOSS))
    const shared: PublisherClock = { origin: undefined }
    if (video) this.#addLane(video, new TrackClock(VIDEO_RATE, shared), VIDEO_RATE)
    if (audio) this.#addLane(audio, new TrackClock(AUDIO_RATE, shared), AUDIO_RATE)
  }

  /** Takes one datagram, RTP or RTCP; what makes no sense is left out. */
  receive(data: Buffer): void {
    if (isRtcp(data)) {
      this.#receiveControl(data)
      return
    }
    const packet = readRtp(data)
    const lane = packet && this.#lanes.get(packet.ssrc)
    if (!packet || lane?.payloadType !== packet.payloadType) return
    this.bytes += data.length
    lane.receiver.push(packet, this.#now())
  }

  /** To be called every 25 ms or so. */
  tick(): void {
    const now = this.#now()
    for (const [ssrc, { receiver }] of this.#lanes) {
      const lost = receiver.missing(now)
      if (lost.length > 0) this.#send(nack(REPORTER, ssrc, lost))
    }
    this.#askForKey(this.#awaitsKey ? KEY_AFTER_LOSS : KEY_EVERY)
    if (now - this.#reportedAt >= REPORT_EVERY) this.#report(now)
  }

  #addLane({ ssrc, payloadType }: IngestTrack, clock: TrackClock, clockRate: number): void {
    const isVideo = ssrc === this.#video?.ssrc
    const deliver = (packet: RtpPacket) => (isVideo ? this.#takeVideo(packet, clock) : this.#takeAudio(packet, clock))
    const receiver = new RtpReceiver({ ssrc, clockRate, deliver, lost: () => isVideo && this.#loseVideo() })
    this.#lanes.set(ssrc, { payloadType, receiver, clock })
  }

  #receiveControl(data: Buffer): void {
    for (const message of readRtcp(data)) {
      if (message.kind !== 'sender-report') continue
      const lane = this.#lanes.get(message.ssrc)
      lane?.receiver.noteSenderReport(message, this.#now())
      lane?.clock.align(message)
    }
  }

  #takeVideo(packet: RtpPacket, clock: TrackClock): void {
    const units = this.#depacketizer.push(packet)
    if (!units) return
    const dts = clock.place(packet.timestamp, this.#now() - this.#startedAt)
    const key = units.some((unit) => unitType(unit) === NAL.idr)
    if (key) this.#awaitsKey = false
    this.#noteParameterSets(units, dts)
    const picture = units.filter((unit) => !LEFT_OUT.includes(unitType(unit)))
    if (this.#awaitsKey || !this.#header || picture.length === 0) return
    this.#push('video', dts, avcFrame(picture))
  }

  /** Another picture size comes with other parameter sets. */
  #noteParameterSets(units: readonly Buffer[], dts: Milliseconds): void {
    this.#sps = units.findLast((unit) => unitType(unit) === NAL.sps) ?? this.#sps
    this.#pps = units.findLast((unit) => unitType(unit) === NAL.pps) ?? this.#pps
    const header = this.#sps && this.#pps && avcHeader(this.#sps, this.#pps)
    if (!header || this.#header?.equals(header)) return
    this.#header = header
    this.#push('video', dts, header)
  }

  #loseVideo(): void {
    this.#depacketizer.lost()
    this.#awaitsKey = true
    this.#askForKey(KEY_AFTER_LOSS)
  }

  #takeAudio({ timestamp, payload }: RtpPacket, clock: TrackClock): void {
    if (payload.length === 0) return
    const sinceStart = this.#now() - this.#startedAt
    const dts = clock.place(timestamp, sinceStart)
    if (this.#video && !this.#header && sinceStart < PICTURE_WITHIN) return
    if (!this.#opusBegun) this.#push('audio', dts, opusHeader())
    this.#opusBegun = true
    this.#push('audio', dts, opusFrame(payload))
  }

  #push(kind: 'audio' | 'video', dts: Milliseconds, body: Buffer): void {
    const packet = parsePacket(kind, dts, body)
    if (packet) this.#publication.push(packet)
  }

  #askForKey(throttle: Milliseconds): void {
    const now = this.#now()
    if (!this.#video || now - this.#askedForKeyAt < throttle) return
    this.#askedForKeyAt = now
    this.#send(pli(REPORTER, this.#video.ssrc))
  }

  #report(now: Milliseconds): void {
    this.#reportedAt = now
    const blocks = [...this.#lanes.values()].flatMap(({ receiver }) => receiver.report(now) ?? [])
    this.#send(receiverReport(REPORTER, blocks))
    const lost = blocks.find(({ ssrc }) => ssrc === this.#video?.ssrc)?.fractionLost
    if (this.#video && lost !== undefined)
      this.#send(remb(REPORTER, this.#quality.after(lost / 256), [this.#video.ssrc]))
  }
}
