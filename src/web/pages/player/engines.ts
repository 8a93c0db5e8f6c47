import { connectPeer, watchPeer } from '../webrtc.ts'
import { flvCodecs, mediaSourceCodecs, nativeHlsCodecs, playsHls, type VideoCodec, webrtcCodecs } from './codecs.ts'
import type { Engine, EngineName, Source } from './ports.ts'

/** Of its sound, for a stream over WebRTC that has a picture. */
const PICTURE_WITHIN = 500

export interface WayToPlay {
  readonly play: Engine
  /** For how long it may take to show its first picture, in milliseconds. */
  readonly patience: number
  /** What this browser can play so, as far as can be told before anything is spent; none where it lacks the means. */
  codecs(): readonly VideoCodec[]
}

export const ENGINES: Readonly<Record<EngineName, WayToPlay>> = {
  webrtc: { play: playWebrtc, patience: 5000, codecs: webrtcCodecs },
  // The server holds the first playlist back until there is something in it.
  hls: {
    play: playHls,
    patience: 10_000,
    codecs: () => (hasMediaSource() ? mediaSourceCodecs() : nativeHlsCodecs()),
  },
  flv: { play: playFlv, patience: 6000, codecs: flvCodecs },
}

function hasMediaSource(): boolean {
  return 'MediaSource' in window || 'ManagedMediaSource' in window
}

async function playWebrtc(
  video: HTMLVideoElement,
  source: Source,
  { signal, onEnd }: Parameters<Engine>[2],
): Promise<void> {
  if (!('RTCPeerConnection' in window)) throw new Error('no WebRTC')
  const peer = new RTCPeerConnection()
  peer.addTransceiver('video', { direction: 'recvonly' })
  peer.addTransceiver('audio', { direction: 'recvonly' })
  const coming = firstMedia(peer, signal)
  signal.addEventListener('abort', () => {
    video.srcObject = null
  })
  const { app, streamId } = source
  await connectPeer(peer, withSession(`/${app}/whep/${encodeURIComponent(streamId)}`, source), signal)
  watchPeer(peer, onEnd)
  const stream = await coming
  if (!signal.aborted) video.srcObject = stream
}

/** What `peer` really gets: a `<video>` that is given a track of pictures waits for them, and of sound alone none come. */
function firstMedia(peer: RTCPeerConnection, signal: AbortSignal): Promise<MediaStream> {
  const stream = new MediaStream()
  return new Promise((resolve) => {
    const begin = () => resolve(stream)
    signal.addEventListener('abort', begin)
    peer.addEventListener('track', ({ track }) => {
      const take = () => {
        stream.addTrack(track)
        if (track.kind === 'video') begin()
        else setTimeout(begin, PICTURE_WITHIN)
      }
      track.addEventListener('unmute', take)
      if (!track.muted) take()
    })
  })
}

async function playHls(
  video: HTMLVideoElement,
  source: Source,
  { signal, onEnd }: Parameters<Engine>[2],
): Promise<void> {
  const url = streamUrl(source, '.m3u8')
  if (!hasMediaSource()) return playNatively(video, url, { signal, onEnd })
  const { default: Hls } = await import('hls.js/light')
  if (signal.aborted) return
  if (!Hls.isSupported()) return playNatively(video, url, { signal, onEnd })
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true, backBufferLength: 10 })
  signal.addEventListener('abort', () => hls.destroy())
  hls.on(Hls.Events.ERROR, (_event, { fatal, response }) => {
    if (fatal || response?.code === 401 || response?.code === 403) onEnd()
  })
  hls.loadSource(url)
  hls.attachMedia(video)
}

async function playNatively(
  video: HTMLVideoElement,
  url: string,
  { signal, onEnd }: Parameters<Engine>[2],
): Promise<void> {
  if (!playsHls(video)) throw new Error('no HLS')
  video.src = url
  video.addEventListener('error', onEnd, { signal })
  video.addEventListener('ended', onEnd, { signal })
  signal.addEventListener('abort', () => video.removeAttribute('src'))
}

async function playFlv(
  video: HTMLVideoElement,
  source: Source,
  { signal, onEnd }: Parameters<Engine>[2],
): Promise<void> {
  const { default: mpegts } = await import('mpegts.js')
  if (signal.aborted) return
  if (!mpegts.isSupported()) throw new Error('no Media Source Extensions')
  mpegts.LoggingControl.enableAll = false
  const url = new URL(streamUrl(source, '.flv'), location.href).href
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url },
    {
      enableStashBuffer: false,
      liveBufferLatencyChasing: true,
      liveBufferLatencyMaxLatency: 2,
      autoCleanupSourceBuffer: true,
    },
  )
  signal.addEventListener('abort', () => player.destroy())
  player.on(mpegts.Events.ERROR, onEnd)
  player.on(mpegts.Events.LOADING_COMPLETE, onEnd)
  player.attachMediaElement(video)
  player.load()
}

function streamUrl(source: Source, suffix: string): string {
  return withSession(`/${source.app}/streams/${encodeURIComponent(source.streamId)}${suffix}`, source)
}

function withSession(path: string, { session }: Source): string {
  return session === null ? path : `${path}?session=${encodeURIComponent(session)}`
}
