import { joined, kindOf, narrowed, payloadTypes, refused, sectionsOf } from './sdp.ts'
import type { ViewerTrack, ViewerTracks } from './viewing-peer.ts'

export interface ViewerOffer extends ViewerTracks {
  readonly sdp: string
}

const MID = /^a=mid:([\w.+-]{1,64})$/

/** Leaves one H.264 and one Opus section to the offer of who wants to watch; undefined: none of them is there. */
export function readViewerOffer(text: string): ViewerOffer | undefined {
  const parts = sectionsOf(text)
  if (!parts) return undefined
  const found: { video: ViewerTrack | null; audio: ViewerTrack | null } = { video: null, audio: null }
  const kept = parts.sections.map((lines) => {
    const kind = kindOf(lines)
    if (kind === undefined) return refused(lines)
    const track = found[kind] === null ? trackOf(lines, kind) : undefined
    if (track === undefined) return refused(lines)
    found[kind] = track
    return narrowed(lines, { ssrc: null, payloadType: track.payloadType }, 'recvonly')
  })
  if (found.video === null && found.audio === null) return undefined
  return { sdp: joined([...parts.head, ...kept.flat()]), ...found }
}

function trackOf(lines: readonly string[], kind: 'video' | 'audio'): ViewerTrack | undefined {
  if (!lines.some((line) => /^a=(sendrecv|recvonly)$/.test(line))) return undefined
  const mid = lines.map((line) => MID.exec(line)?.[1]).find((each) => each !== undefined)
  const types = payloadTypes(lines, kind).map((type) => ({ type, profile: profileOf(lines, type) }))
  // Baseline is what every viewer can decode, and decoders go by the stream itself.
  const chosen = types.find(({ profile }) => /profile-level-id=42[ce0]0/i.test(profile)) ?? types[0]
  if (mid === undefined || chosen === undefined) return undefined
  return { mid, payloadType: Number(chosen.type), ...(kind === 'video' && { profile: chosen.profile }) }
}

function profileOf(lines: readonly string[], type: string): string {
  const start = `a=fmtp:${type} `
  return lines.find((line) => line.startsWith(start))?.slice(start.length) ?? ''
}
