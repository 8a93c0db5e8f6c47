export interface IceServer {
  readonly urls: string
  readonly username?: string
  readonly credential?: string
}

/** `<target>` and its parameters, RFC 8288 section 3, all of which are quoted here. */
const LINK = /<([^>]+)>((?:\s*;\s*[a-z-]+="(?:[^"\\]|\\.)*")*)/g
const PARAMETER = /([a-z-]+)="((?:[^"\\]|\\.)*)"/g

/** The STUN and TURN servers that the answer to an offer names in `Link`, RFC 9725 section 4.6. */
export function iceServersOf(link: string | null): IceServer[] {
  return [...(link ?? '').matchAll(LINK)].flatMap(([, urls = '', parameters = '']) => {
    const found = [...parameters.matchAll(PARAMETER)].map(([, name, text = '']) => [name, text.replace(/\\(.)/g, '$1')])
    const { rel, username, credential } = Object.fromEntries(found) as Partial<Record<string, string>>
    if (rel !== 'ice-server') return []
    return { urls, ...(username !== undefined && { username }), ...(credential !== undefined && { credential }) }
  })
}

/** Candidates of one's own as the body of a PATCH, RFC 8840 section 9; null ends them. */
export function fragmentOf(
  offer: string,
  candidate: { readonly candidate: string; readonly mid: string } | null,
): string {
  const section = /^m=.*$/m.exec(offer)?.[0] ?? ''
  const lines = [
    ...(offer.match(/^a=ice-(?:ufrag|pwd):.*$/gm)?.slice(0, 2) ?? []),
    section,
    `a=mid:${candidate?.mid ?? /^a=mid:(\S+)/m.exec(offer)?.[1] ?? '0'}`,
    candidate ? `a=${candidate.candidate}` : 'a=end-of-candidates',
  ]
  return `${lines.map((line) => line.trim()).join('\r\n')}\r\n`
}
