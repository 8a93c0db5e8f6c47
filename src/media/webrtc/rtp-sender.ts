import type { Track } from 'node-datachannel'
import { isRtcp } from '../rtp/packet.ts'
import { attempt } from './guard.ts'
import type { TrackIds } from './sdp.ts'

/** A track of a viewer. */
export interface SentTrack {
  readonly way: Track
  /** As the packets that are the same for all viewers have it. */
  readonly ours: TrackIds
  /** The payload type that this viewer knows the codec by. */
  readonly theirs: number
}

const LARGEST_PACKET = 2048

/** Sends the packets of a stream to one viewer, under the payload types of its offer. */
export class RtpSender {
  /** Bytes of media that this viewer has no track for. */
  dropped = 0
  readonly #tracks: readonly SentTrack[]
  /** The transport copies what it is given before it returns, so one place serves all packets. */
  #renumbered: Buffer | undefined

  constructor(tracks: readonly SentTrack[]) {
    this.#tracks = tracks
  }

  /** False: the viewer cannot take the packet now. What it has no track for is taken, and dropped. */
  send(packet: Buffer): boolean {
    if (isRtcp(packet)) return this.#pass(this.#trackOf(packet.readUInt32BE(4)), packet)
    const track = this.#trackOf(packet.readUInt32BE(8))
    if (track) return this.#pass(track, this.#asKnown(packet, track))
    this.dropped += packet.length
    return true
  }

  #trackOf(ssrc: number): SentTrack | undefined {
    return this.#tracks.find(({ ours }) => ours.ssrc === ssrc)
  }

  #pass(track: SentTrack | undefined, data: Buffer): boolean {
    if (!track) return true
    return attempt(() => track.way.isOpen() && track.way.sendMessageBinary(data)) ?? false
  }

  #asKnown(packet: Buffer, { ours, theirs }: SentTrack): Buffer {
    if (ours.payloadType === theirs || packet.length > LARGEST_PACKET) return packet
    this.#renumbered ??= Buffer.allocUnsafe(LARGEST_PACKET)
    packet.copy(this.#renumbered)
    this.#renumbered[1] = (packet.readUInt8(1) & 0x80) | theirs
    return this.#renumbered.subarray(0, packet.length)
  }
}
