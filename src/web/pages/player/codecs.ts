/** By the names that the server has for them. */
export type VideoCodec = 'H264' | 'H265' | 'AV1'

/** The plainest profile of each: that a browser lacks the stream's own cannot be told before there is a stream. */
const CONTENT_TYPES: Readonly<Record<VideoCodec, string>> = {
  H264: 'video/mp4; codecs="avc1.42E01E"',
  H265: 'video/mp4; codecs="hvc1.1.6.L93.B0"',
  AV1: 'video/mp4; codecs="av01.0.04M.08"',
}

export function mediaSourceCodecs(): VideoCodec[] {
  const { MediaSource: source, ManagedMediaSource: managed } = window as MediaSources
  const known = source ?? managed
  return known ? codecsOf((type) => known.isTypeSupported(type)) : []
}

/** mpegts.js plays nothing at all without H.264. */
export function flvCodecs(): VideoCodec[] {
  const known = mediaSourceCodecs()
  return known.includes('H264') ? known : []
}

export function nativeHlsCodecs(): VideoCodec[] {
  const video = document.createElement('video')
  return playsHls(video) ? codecsOf((type) => video.canPlayType(type) !== '') : []
}

export function playsHls(video: HTMLVideoElement): boolean {
  return video.canPlayType('application/vnd.apple.mpegurl') !== ''
}

/** The server sends nothing but H.264 over WebRTC. */
export function webrtcCodecs(): VideoCodec[] {
  if (!('RTCPeerConnection' in window)) return []
  // Firefox has it since 113.
  const known = RTCRtpReceiver.getCapabilities?.('video')?.codecs
  return known && !known.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h264') ? [] : ['H264']
}

interface MediaSources {
  readonly MediaSource?: typeof MediaSource
  readonly ManagedMediaSource?: typeof MediaSource
}

function codecsOf(isSupported: (contentType: string) => boolean): VideoCodec[] {
  const codecs = Object.keys(CONTENT_TYPES) as VideoCodec[]
  return codecs.filter((codec) => isSupported(CONTENT_TYPES[codec]))
}
