import type { Track } from 'node-datachannel'
import type { Milliseconds } from '../../domain/units.ts'
import type { Publication } from '../ports.ts'
import type { Connection } from './connection.ts'
import { attempt } from './guard.ts'
import type { PublishingPeer } from './ports.ts'
import type { PublisherOffer, TrackIds } from './sdp.ts'

/** Some times within the patience of the receiver, so that what is asked for in vain is asked for again. */
const TICK_MS = 25

/** Makes frames of RTP, and the RTCP that goes back. */
export interface Ingest {
  readonly bytes: number
  receive(data: Buffer): void
  tick(): void
}

export type MakeIngest = (parts: {
  readonly publication: Publication
  readonly video: TrackIds | null
  readonly audio: TrackIds | null
  readonly send: (rtcp: Buffer) => void
}) => Ingest

export interface PublishingParts {
  readonly makeIngest: MakeIngest
  /** A publisher that sends nothing for so long is gone. */
  readonly silence: Milliseconds
}

/** Undefined: the transport cannot use the offer. */
export function answerOffer(
  connection: Connection,
  offer: PublisherOffer,
  { makeIngest, silence }: PublishingParts,
): PublishingPeer | undefined {
  let ingest: Ingest | undefined
  let timer: NodeJS.Timeout | undefined
  let way: Track | undefined
  const { pc } = connection
  pc.onTrack(
    connection.guarded((track) => {
      way ??= track
      connection.hold(track, (data) => ingest?.receive(data))
    }),
  )
  const answer = attempt(() => {
    pc.setRemoteDescription(offer.sdp, 'offer')
    pc.setLocalDescription('answer')
    return pc.localDescription()?.sdp
  })
  if (answer === undefined) return undefined
  connection.described(/^a=mid:(\S+)/m.exec(offer.sdp)?.[1] ?? '0')
  return {
    answer,
    addCandidate: (candidate, mid) => connection.addCandidate(candidate, mid),
    gathered: () => connection.gathered(),
    bytes: () => ingest?.bytes ?? 0,
    close: () => connection.close(),
    start: (publication) => {
      if (connection.closed || ingest !== undefined) return
      const send = (rtcp: Buffer) => void attempt(() => way?.sendMessageBinary(rtcp))
      const made = makeIngest({ publication, video: offer.video, audio: offer.audio, send })
      ingest = made
      connection.watchSilence(silence, () => true)
      connection.onClosed(() => clearInterval(timer))
      const tick = connection.guarded(() => made.tick())
      timer = setInterval(tick, TICK_MS)
    },
  }
}
