import { AmsctlError } from '../domain/errors.ts'
import { RtpIngest } from '../media/rtp/ingest.ts'
import type { Transcoding } from '../media/transcode/ports.ts'
import { createWebrtcEngine } from '../media/webrtc/engine.ts'
import { AUDIO, VIDEO } from '../media/webrtc/outlet.ts'
import { Outlets } from '../media/webrtc/outlets.ts'
import type { IceServer, WebrtcEngine } from '../media/webrtc/ports.ts'
import { describeBug } from '../server/http/error-response.ts'
import type { Log } from '../services/log.ts'

export interface WebrtcOptions {
  /** UDP, for all peers; 0: any free one. */
  readonly port: number
  /** Told to peers beside the addresses of this machine. */
  readonly publicAddress: string | undefined
  /** What pages are told of. */
  readonly iceServers: readonly IceServer[]
}

/** Addresses that stand for all of this machine's. */
const WILDCARDS = ['::', '0.0.0.0']

/** Undefined where WebRTC cannot run on this machine: everything else does. PORT_TAKEN. */
export async function openWebrtc(options: {
  readonly host: string
  readonly webrtc: WebrtcOptions
  readonly transcoding: Transcoding | undefined
  readonly log: Log
}): Promise<WebrtcEngine | undefined> {
  const { host, log, transcoding, webrtc } = options
  try {
    const outlets = new Outlets(transcoding)
    return await createWebrtcEngine(
      {
        port: webrtc.port,
        iceServers: webrtc.iceServers,
        onFault: (error) => log.error(describeBug(error), 'a WebRTC callback failed'),
        onFull: () => log.warn({}, 'WebRTC connections are refused: there are as many as can be taken'),
        ...(webrtc.publicAddress !== undefined && { host: webrtc.publicAddress }),
        ...(!WILDCARDS.includes(host) && { bindAddress: host }),
      },
      {
        makeIngest: (parts) => new RtpIngest(parts),
        viewers: { video: VIDEO, audio: AUDIO, of: (stream) => outlets.of(stream) },
      },
    )
  } catch (error) {
    if (error instanceof AmsctlError) throw error
    log.warn({ error: error instanceof Error ? error.message : String(error) }, 'no WebRTC on this machine')
    return undefined
  }
}
