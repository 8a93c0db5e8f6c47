export interface SdpFragment {
  /** ICE user name fragments that it names: of the session, and of each section. */
  readonly userNames: readonly string[]
  readonly candidates: readonly { readonly candidate: string; readonly mid: string }[]
}

const LINE = /^[a-z]=/
const OF_ICE = /^a=(?:candidate:|end-of-candidates|ice-ufrag:)/m

/** Reads an `application/trickle-ice-sdpfrag` (RFC 8840 section 9); undefined: it is none. */
export function readFragment(text: string): SdpFragment | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line !== '')
  if (!OF_ICE.test(text) || !lines.every((line) => LINE.test(line))) return undefined
  const candidates: { candidate: string; mid: string }[] = []
  let mid = '0'
  for (const line of lines) {
    mid = /^a=mid:(\S+)$/.exec(line)?.[1] ?? mid
    if (line.startsWith('a=candidate:')) candidates.push({ candidate: line.slice(2), mid })
  }
  return { userNames: iceUserNames(text), candidates }
}

/** Those that a description or a part of one names. */
export function iceUserNames(sdp: string): string[] {
  return [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].flatMap(([, name]) => name ?? [])
}
