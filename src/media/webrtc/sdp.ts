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

/** Leaves one H.264 and one Opus track to an offer and nothing that we do not do; undefined: none of them is there. */
export function readOffer(text: string): PublisherOffer | undefined {
  if (text.length > LARGEST || !text.startsWith('v=0')) return undefined
  const [session = '', ...sections] = text.split(/\r?\n(?=m=)/)
  const found: { video: TrackIds | null; audio: TrackIds | null } = { video: null, audio: null }
  const kept = sections.map((section) => {
    const lines = section.split(/\r?\n/).filter((line) => line !== '')
    const kind = /^m=(video|audio) /.exec(lines[0] ?? '')?.[1]
    if (kind !== 'video' && kind !== 'audio') return lines
    const ids = found[kind] === null ? trackIds(lines, kind) : undefined
    if (ids === undefined) return refused(lines)
    found[kind] = ids
    return narrowed(lines, ids)
  })
  if (found.video === null && found.audio === null) return undefined
  const head = session.split(/\r?\n/).filter((line) => line !== '' && !/^a=extmap/.test(line))
  return { sdp: `${[...head, ...kept.flat()].join('\r\n')}\r\n`, ...found }
}

/** Undefined where the codec is missing, or no SSRC is told: the transport tells tracks apart by SSRC only. */
function trackIds(lines: readonly string[], kind: 'video' | 'audio'): TrackIds | undefined {
  if (!lines.some((line) => /^a=(sendrecv|sendonly)$/.test(line))) return undefined
  const codec = kind === 'video' ? /^a=rtpmap:(\d+) H264\/90000/i : /^a=rtpmap:(\d+) opus\/48000/i
  const types = lines.map((line) => codec.exec(line)?.[1]).filter((type) => type !== undefined)
  const type = kind === 'audio' ? types[0] : types.find((each) => lines.some((line) => isMode1(line, each)))
  const ssrc = lines.map((line) => /^a=ssrc:(\d+) cname:/.exec(line)?.[1]).find((each) => each !== undefined)
  if (type === undefined || ssrc === undefined || Number(ssrc) > 0xffffffff) return undefined
  return { ssrc: Number(ssrc), payloadType: Number(type) }
}

/** RFC 6184 section 6.3: FU-A needs packetization-mode=1. */
function isMode1(line: string, type: string): boolean {
  return line.startsWith(`a=fmtp:${type} `) && /packetization-mode=1\b/.test(line)
}

function narrowed(lines: readonly string[], { ssrc, payloadType }: TrackIds): string[] {
  return lines.flatMap((line) => {
    if (line.startsWith('m=')) return [`${line.split(' ').slice(0, 3).join(' ')} ${payloadType}`]
    if (/^a=(extmap|ssrc-group|simulcast|rid)\b/.test(line)) return []
    const type = /^a=(?:rtpmap|fmtp|rtcp-fb):(\S+)/.exec(line)?.[1]
    if (type !== undefined && (type !== String(payloadType) || line.includes('transport-cc'))) return []
    if (line.startsWith('a=ssrc:') && !line.startsWith(`a=ssrc:${ssrc} `)) return []
    // an answer to sendrecv would be sendrecv, and the page would wait for our tracks
    return [line === 'a=sendrecv' ? 'a=sendonly' : line]
  })
}

/** RFC 8829 section 5.3.1: port 0 refuses a section. */
function refused(lines: readonly string[]): string[] {
  const out = lines.filter((line) => !/^a=(extmap|ssrc|ssrc-group|simulcast|rid|sendrecv|sendonly)\b/.test(line))
  return [(out[0] ?? '').replace(/^(m=\w+) \d+/, '$1 0'), ...out.slice(1), 'a=inactive']
}
