/** What is being sent. */
export interface Figures {
  readonly at: number
  readonly bytes: number
  /** Bits a second since the figures before. */
  readonly bitrate: number | null
  readonly width: number
  readonly height: number
  readonly rate: number
}

interface Outbound {
  readonly type: string
  readonly kind?: string
  readonly bytesSent?: number
  readonly frameWidth?: number
  readonly frameHeight?: number
  readonly framesPerSecond?: number
}

export async function readFigures(peer: RTCPeerConnection, before: Figures | null): Promise<Figures> {
  const sent: Outbound[] = []
  for (const report of (await peer.getStats()).values() as Iterable<Outbound>) {
    if (report.type === 'outbound-rtp') sent.push(report)
  }
  const video = sent.find(({ kind }) => kind === 'video')
  const at = performance.now()
  const bytes = sent.reduce((sum, { bytesSent = 0 }) => sum + bytesSent, 0)
  const bitrate = before && bytes >= before.bytes ? ((bytes - before.bytes) * 8000) / (at - before.at) : null
  const { frameWidth: width = 0, frameHeight: height = 0, framesPerSecond: rate = 0 } = video ?? {}
  return { at, bytes, bitrate, width, height, rate }
}

/** Bytes that have come from the server: of reports about what it gets. */
export async function bytesHeard(peer: RTCPeerConnection): Promise<number> {
  let heard = 0
  for (const { type, bytesReceived = 0 } of (await peer.getStats()).values() as Iterable<{
    type: string
    bytesReceived?: number
  }>) {
    if (type === 'transport') heard += bytesReceived
  }
  return heard
}

/** For a person, such as `2.4 Mbit/s · 1280×720 · 30 fps`. */
export function formatFigures({ bitrate, width, height, rate }: Figures): string {
  const parts = [
    bitrate === null ? '' : `${(bitrate / 1e6).toFixed(1)} Mbit/s`,
    width > 0 ? `${width}×${height}` : '',
    rate > 0 ? `${Math.round(rate)} fps` : '',
  ]
  return parts.filter(Boolean).join(' · ')
}
