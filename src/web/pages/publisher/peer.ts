import { BITRATES, type Capture } from './capture.ts'

/** A connection that sends what is captured, and no more of it than its quality asks for. */
export function makePeer(capture: Capture): RTCPeerConnection {
  const peer = new RTCPeerConnection()
  const stream = capture.stream.value ?? new MediaStream()
  for (const kind of ['video', 'audio'] as const) {
    const transceiver = peer.addTransceiver(stream.getTracks().find((track) => track.kind === kind) ?? kind, {
      direction: 'sendonly',
      streams: [stream],
      ...(kind === 'video' && { sendEncodings: [{ maxBitrate: BITRATES[capture.quality.value] }] }),
    })
    if (kind === 'video') preferH264(transceiver)
  }
  return peer
}

/** Whether this browser has what the server needs, as far as it tells. */
export function canSend(): boolean {
  if (!('RTCPeerConnection' in window)) return false
  const codecs = RTCRtpSender.getCapabilities?.('video')?.codecs
  return codecs === undefined || codecs.some(isH264)
}

/** What RTMP and HLS carry too; the server takes nothing else, whatever a browser prefers that cannot be told. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? []
  if (codecs.some(isH264)) {
    transceiver.setCodecPreferences?.([...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))])
  }
}

function isH264({ mimeType }: RTCRtpCodec): boolean {
  return mimeType.toLowerCase() === 'video/h264'
}
