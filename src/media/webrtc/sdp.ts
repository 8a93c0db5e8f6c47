import { usableCandidate } from './candidates.ts'

/** What a track is known by in RTP. */
export interface TrackIds {
  readonly ssrc: number
  readonly payloadType: number
}

export interface PublisherOffer {
  readonly sdp: string
  readonly video: TrackIds | null
  readonly audio: TrackIds | null
}

const LARGEST = 65_536
/** RFC 3550 section 5.1: 7 bits. */
const LARGEST_PAYLOAD_TYPE = 127

/** Whether a peer connection for media is described at all, whatever its codecs. */
export function offersMedia(text: string): boolean {
  return sectionsOf(text) !== undefined && [/^m=(audio|video) /m, /^a=fingerprint:/m].every((line) => line.test(text))
}

/** The lines of the session and of each media section, without candidates of no use; undefined: no SDP. */
export function sectionsOf(text: string): { readonly head: string[]; readonly sections: string[][] } | undefined {
  if (text.length > LARGEST || !text.startsWith('v=0')) return undefined
  const [head = [], ...sections] = text.split(/\r?\n(?=m=)/).map((part) => part.split(/\r?\n/).filter(isUseful))
  return { head: head.filter((line) => !/^a=extmap/.test(line)), sections }
}

function isUseful(line: string): boolean {
  return line !== '' && (!line.startsWith('a=candidate:') || usableCandidate(line))
}

/** Leaves one H.264 and one Opus track to an offer and nothing that we do not do; undefined: none of them is there. */
export function readOffer(text: string): PublisherOffer | undefined {
  const parts = sectionsOf(text)
  if (!parts) return undefined
  const found: { video: TrackIds | null; audio: TrackIds | null } = { video: null, audio: null }
  const kept = parts.sections.map((lines) => {
    const kind = kindOf(lines)
    if (kind === undefined) return refused(lines)
    const ids = found[kind] === null ? trackIds(lines, kind) : undefined
    if (ids === undefined) return refused(lines)
    found[kind] = ids
    // an answer to sendrecv would be sendrecv, and the page would wait for our tracks
    return narrowed(lines, ids, 'sendonly')
  })
  if (found.video === null && found.audio === null) return undefined
  return { sdp: joined([...parts.head, ...kept.flat()]), ...found }
}

export function joined(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`
}

/** Undefined: a section of something else, such as a data channel. */
export function kindOf(lines: readonly string[]): 'video' | 'audio' | undefined {
  const kind = /^m=(video|audio) /.exec(lines[0] ?? '')?.[1]
  return kind === 'video' || kind === 'audio' ? kind : undefined
}

/** The payload types of what we can do with a kind: H.264 as RFC 6184 section 6.3 has it for FU-A, or Opus. */
export function payloadTypes(lines: readonly string[], kind: 'video' | 'audio'): string[] {
  const codec = kind === 'video' ? /^a=rtpmap:(\d{1,3}) H264\/90000/i : /^a=rtpmap:(\d{1,3}) opus\/48000/i
  // Each once: an offer may name one some thousand times, and what is done for each goes through all lines.
  const types = new Set(lines.flatMap((line) => codec.exec(line)?.[1] ?? []))
  const possible = [...types].filter((type) => Number(type) <= LARGEST_PAYLOAD_TYPE)
  if (kind === 'audio') return possible
  const inMode1 = new Set(lines.flatMap((line) => /^a=fmtp:(\d{1,3}) .*packetization-mode=1\b/.exec(line)?.[1] ?? []))
  return possible.filter((type) => inMode1.has(type))
}

/** Undefined where the codec is missing, or no SSRC is told: the transport tells tracks apart by SSRC only. */
function trackIds(lines: readonly string[], kind: 'video' | 'audio'): TrackIds | undefined {
  if (!lines.some((line) => /^a=(sendrecv|sendonly)$/.test(line))) return undefined
  const [type] = payloadTypes(lines, kind)
  const ssrc = lines.map((line) => /^a=ssrc:(\d+) cname:/.exec(line)?.[1]).find((each) => each !== undefined)
  if (type === undefined || ssrc === undefined || Number(ssrc) > 0xffffffff) return undefined
  return { ssrc: Number(ssrc), payloadType: Number(type) }
}

/** Leaves one payload type to a section, and one SSRC or none. */
export function narrowed(
  lines: readonly string[],
  { ssrc, payloadType }: { readonly ssrc: number | null; readonly payloadType: number },
  direction: 'sendonly' | 'recvonly',
): string[] {
  return lines.flatMap((line) => {
    if (line.startsWith('m=')) return [`${line.split(' ').slice(0, 3).join(' ')} ${payloadType}`]
    if (/^a=(extmap|ssrc-group|simulcast|rid)\b/.test(line)) return []
    const type = /^a=(?:rtpmap|fmtp|rtcp-fb):(\S+)/.exec(line)?.[1]
    if (type !== undefined && (type !== String(payloadType) || line.includes('transport-cc'))) return []
    if (line.startsWith('a=ssrc:') && !line.startsWith(`a=ssrc:${ssrc} `)) return []
    return [line === 'a=sendrecv' ? `a=${direction}` : line]
  })
}

/** RFC 8829 section 5.3.1: port 0 refuses a section. */
export function refused(lines: readonly string[]): string[] {
  const out = lines.filter((line) => !/^a=(extmap|ssrc|ssrc-group|simulcast|rid|sendrecv|sendonly)\b/.test(line))
  return [(out[0] ?? '').replace(/^(m=\w+) \d+/, '$1 0'), ...out.slice(1), 'a=inactive']
}
