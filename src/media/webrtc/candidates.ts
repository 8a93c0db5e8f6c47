import { isIP } from 'node:net'

/** As many as a peer may give: a browser has a dozen. */
export const MOST_CANDIDATES = 64

/** foundation component transport priority address port typ (RFC 8839 section 5.1) */
const FORM =
  /^(?:a=)?candidate:[\w+/]{1,32} [12] (\w+) \d{1,10} (\S{1,255}) (\d{1,5}) typ (?:host|srflx|prflx|relay)\b/i

/** Only UDP to a literal address can be used: a `.local` name would be looked up by multicast, and TCP is not offered. */
export function usableCandidate(candidate: string): boolean {
  if (candidate.length > 512 || /[\r\n]/.test(candidate)) return false
  const [, transport, address, port] = FORM.exec(candidate) ?? []
  if (transport?.toLowerCase() !== 'udp' || address === undefined) return false
  return isIP(address) !== 0 && Number(port) > 0 && Number(port) <= 65_535
}

/** A host candidate (RFC 8445 section 5.1.2.1) of one more address that our port is reached at. */
export function hostCandidate(address: string, port: number, preference: number): string {
  const priority = 126 * 2 ** 24 + preference * 2 ** 8 + 255
  return `candidate:own${preference} 1 UDP ${priority} ${address} ${port} typ host`
}

/** Adds candidates to the first section of a description, whose are those of all (RFC 9143 section 8.1). */
export function withCandidates(sdp: string, candidates: readonly string[]): string {
  const [head = '', first = '', ...others] = sdp.split(/^(?=m=)/m)
  const lines = first.split('\r\n').filter((line) => line !== '' && line !== 'a=end-of-candidates')
  const own = candidates.map((candidate) => `a=${candidate}`)
  return [head, `${[...lines, ...own, 'a=end-of-candidates'].join('\r\n')}\r\n`, ...others].join('')
}
