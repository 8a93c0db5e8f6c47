import type { Milliseconds } from '../../domain/units.ts'
import type { LiveStream } from '../ports.ts'
import type { Connection } from './connection.ts'
import { attempt } from './guard.ts'
import type { NodeDataChannel } from './native.ts'
import type { AnsweringViewer, OfferingViewer, ViewingPeer } from './ports.ts'
import { RtpSender, type SentTrack } from './rtp-sender.ts'
import type { TrackIds } from './sdp.ts'
import type { ViewerOffer } from './viewer-offer.ts'

const LARGEST_SDP = 65_536

export type EndOfViewing = 'stream-ended' | 'slow'

/** Sends one live stream to viewers as RTP that is the same for all. */
export interface RtpSource {
  join(viewer: { send(packet: Buffer): boolean; onEnd(reason: EndOfViewing): void }): RtpSeat
}

export interface RtpSeat {
  readonly bytes: number
  receive(rtcp: Buffer): void
  leave(): void
}

export interface ViewerMedia {
  readonly video: TrackIds
  readonly audio: TrackIds
  of(stream: LiveStream): RtpSource
}

export interface ViewingParts extends ViewerMedia {
  /** A viewer that reports nothing for so long of what it is sent is gone; RFC 3550 section 6.2 has it report every 5 s. */
  readonly silence: Milliseconds
}

export interface ViewerTrack {
  readonly mid: string
  readonly payloadType: number
  /** Of the codec, as `a=fmtp` has it; undefined: the transport's own. */
  readonly profile?: string
}

export interface ViewerTracks {
  readonly video: ViewerTrack | null
  readonly audio: ViewerTrack | null
}

/** Undefined: the transport is out of resources. */
export function offerMedia(
  connection: Connection,
  native: NodeDataChannel,
  media: ViewingParts,
): OfferingViewer | undefined {
  const tracks = { video: { mid: '0', ...media.video }, audio: { mid: '1', ...media.audio } }
  const viewer = makeViewer(connection, native, { media, tracks })
  const offer = attempt(() => {
    connection.pc.setLocalDescription('offer')
    return connection.pc.localDescription()?.sdp
  })
  if (viewer === undefined || offer === undefined) return undefined
  return {
    ...viewer,
    offer,
    tracks: { '0': 'video', '1': 'audio' },
    acceptAnswer: (sdp) => acceptAnswer(connection, sdp),
  }
}

/** Undefined: the transport cannot use the offer. */
export function answerViewing(
  connection: Connection,
  native: NodeDataChannel,
  { offer, media }: { readonly offer: ViewerOffer; readonly media: ViewingParts },
): AnsweringViewer | undefined {
  // Tracks that are there before the offer are what the answer is made of.
  const viewer = makeViewer(connection, native, { media, tracks: offer })
  const answer = attempt(() => {
    connection.pc.setRemoteDescription(offer.sdp, 'offer')
    connection.pc.setLocalDescription('answer')
    return connection.pc.localDescription()?.sdp
  })
  if (viewer === undefined || answer === undefined) return undefined
  connection.described((offer.video ?? offer.audio)?.mid ?? '0')
  return { ...viewer, answer }
}

interface Making {
  readonly media: ViewingParts
  readonly tracks: ViewerTracks
}

function makeViewer(connection: Connection, native: NodeDataChannel, making: Making): ViewingPeer | undefined {
  const { media } = making
  let seat: RtpSeat | undefined
  const tracks = attempt(() => addTracks(connection, native, making))
  if (tracks === undefined) return undefined
  for (const { way } of tracks) connection.hold(way, (rtcp) => seat?.receive(rtcp))
  const sender = new RtpSender(tracks)
  return {
    gathered: () => connection.gathered(),
    addCandidate: (candidate, mid) => connection.addCandidate(candidate, mid),
    bytes: () => (seat?.bytes ?? 0) - sender.dropped,
    close: () => {
      connection.close()
      seat?.leave()
    },
    start: (stream, onEnd) => {
      if (connection.closed || seat !== undefined) return
      const taken = media.of(stream).join({ send: (packet) => sender.send(packet), onEnd })
      seat = taken
      connection.onClosed(() => taken.leave())
      const isOwed = wasAdvanced(() => taken.bytes - sender.dropped)
      connection.watchSilence(media.silence, isOwed)
    },
  }
}

function addTracks({ pc }: Connection, native: NodeDataChannel, { media, tracks }: Making): SentTrack[] {
  const sent: SentTrack[] = []
  if (tracks.video !== null) {
    const { mid, payloadType, profile } = tracks.video
    const video = new native.Video(mid, 'SendOnly')
    // The native side takes no undefined.
    if (profile === undefined) video.addH264Codec(payloadType)
    else video.addH264Codec(payloadType, profile)
    video.addSSRC(media.video.ssrc, 'amsctl', 'amsctl', 'video')
    sent.push({ way: pc.addTrack(video), ours: media.video, theirs: payloadType })
  }
  if (tracks.audio !== null) {
    const { mid, payloadType } = tracks.audio
    const audio = new native.Audio(mid, 'SendOnly')
    audio.addOpusCodec(payloadType)
    audio.addSSRC(media.audio.ssrc, 'amsctl', 'amsctl', 'audio')
    sent.push({ way: pc.addTrack(audio), ours: media.audio, theirs: payloadType })
  }
  return sent
}

/** Whether a count is another one than when this was asked last. */
function wasAdvanced(count: () => number): () => boolean {
  let last = count()
  return () => {
    const before = last
    last = count()
    return last !== before
  }
}

function acceptAnswer(connection: Connection, sdp: string): boolean {
  if (connection.closed || sdp.length > LARGEST_SDP || !sdp.startsWith('v=0')) return false
  const done = attempt(() => {
    connection.pc.setRemoteDescription(sdp, 'answer')
    return true
  })
  if (done === undefined) return false
  connection.described('0')
  return true
}
