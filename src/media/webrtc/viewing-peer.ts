import type { Milliseconds } from '../../domain/units.ts'
import type { LiveStream } from '../ports.ts'
import type { Connection } from './connection.ts'
import { attempt } from './guard.ts'
import type { NodeDataChannel } from './native.ts'
import type { ViewingPeer } from './ports.ts'
import type { TrackIds } from './sdp.ts'

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

/** Undefined: the transport is out of resources. */
export function offerMedia(
  connection: Connection,
  native: NodeDataChannel,
  media: ViewingParts,
): ViewingPeer | undefined {
  let seat: RtpSeat | undefined
  const { pc } = connection
  const made = attempt(() => {
    const video = new native.Video('0', 'SendOnly')
    video.addH264Codec(media.video.payloadType)
    video.addSSRC(media.video.ssrc, 'amsctl', 'amsctl', 'video')
    const audio = new native.Audio('1', 'SendOnly')
    audio.addOpusCodec(media.audio.payloadType)
    audio.addSSRC(media.audio.ssrc, 'amsctl', 'amsctl', 'audio')
    const tracks = [pc.addTrack(video), pc.addTrack(audio)] as const
    for (const track of tracks) connection.hold(track, (rtcp) => seat?.receive(rtcp))
    pc.setLocalDescription('offer')
    return { tracks, offer: pc.localDescription()?.sdp }
  })
  if (made?.offer === undefined) return undefined
  const [video, audio] = made.tracks
  const send = (packet: Buffer) => {
    // RFC 3550 section 5.1 and RFC 4566: the payload type tells the track; RTCP goes by either
    const track = (packet.readUInt8(1) & 0x7f) === media.audio.payloadType ? audio : video
    return attempt(() => track.isOpen() && track.sendMessageBinary(packet)) ?? false
  }
  return {
    offer: made.offer,
    tracks: { '0': 'video', '1': 'audio' },
    addCandidate: (candidate, mid) => connection.addCandidate(candidate, mid),
    bytes: () => seat?.bytes ?? 0,
    acceptAnswer: (sdp) => acceptAnswer(connection, sdp),
    close: () => {
      connection.close()
      seat?.leave()
    },
    start: (stream, onEnd) => {
      if (connection.closed || seat !== undefined) return
      const taken = media.of(stream).join({ send, onEnd })
      seat = taken
      connection.onClosed(() => taken.leave())
      connection.watchSilence(
        media.silence,
        wasAdvanced(() => taken.bytes),
      )
    },
  }
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
