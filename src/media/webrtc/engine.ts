import type { Milliseconds } from '../../domain/units.ts'
import { hostCandidate } from './candidates.ts'
import { Connection } from './connection.ts'
import type { OnFault } from './guard.ts'
import type { NodeDataChannel } from './native.ts'
import { Peers } from './peers.ts'
import type { IceServer, PeerEvents, WebrtcEngine } from './ports.ts'
import { answerOffer, type MakeIngest } from './publishing-peer.ts'
import { readOffer } from './sdp.ts'
import { takeUdpPort } from './udp-port.ts'
import { readViewerOffer } from './viewer-offer.ts'
import { answerViewing, offerMedia, type ViewerMedia } from './viewing-peer.ts'

const MOST_PEERS = 1000
const SILENCE: Milliseconds = 20_000

export interface EngineOptions {
  /** UDP, for all peers; 0: any free one. */
  readonly port: number
  /** Public address, offered beside our own. */
  readonly host?: string
  readonly bindAddress?: string
  readonly iceServers: readonly IceServer[]
  /** How long a publisher may send nothing, and a viewer report nothing of what it is sent; 20 s by default. */
  readonly silence?: Milliseconds
  /** Hears of bugs in what the transport calls; they end nothing. */
  readonly onFault?: OnFault
  /** 1000 by default; each is a negotiation or a session. */
  readonly mostPeers?: number
  /** Somebody was refused for there being so many; told once a minute at the most. */
  readonly onFull?: () => void
}

export interface EngineMedia {
  readonly makeIngest: MakeIngest
  readonly viewers: ViewerMedia
}

/** PORT_TAKEN; anything else: there is no WebRTC on this machine. */
export async function createWebrtcEngine(options: EngineOptions, media: EngineMedia): Promise<WebrtcEngine> {
  const { silence = SILENCE, mostPeers = MOST_PEERS, onFull = () => {} } = options
  const native: NodeDataChannel = await import('node-datachannel')
  const { port, release } = await takeUdpPort(native, options)
  const peers = new Peers({ most: mostPeers, onFull })
  const connect = (events: PeerEvents) => peers.add(() => open({ native, options, port, events }))
  return {
    port,
    iceServers: options.iceServers,
    answerPublisher: async (text, events) => {
      const offer = readOffer(text)
      if (offer === undefined) return undefined
      const connection = connect(events)
      const peer = answerOffer(connection, offer, { makeIngest: media.makeIngest, silence })
      if (peer === undefined) connection.close()
      return peer
    },
    offerViewer: async (events) => {
      const connection = connect(events)
      const peer = offerMedia(connection, native, { ...media.viewers, silence })
      if (peer !== undefined) return peer
      connection.close()
      throw new Error('no peer connection can be made')
    },
    answerViewer: async (text, events) => {
      const offer = readViewerOffer(text)
      if (offer === undefined) return undefined
      const connection = connect(events)
      const peer = answerViewing(connection, native, { offer, media: { ...media.viewers, silence } })
      if (peer === undefined) connection.close()
      return peer
    },
    close: () => {
      peers.close()
      release()
    },
  }
}

interface Opening {
  readonly native: NodeDataChannel
  readonly options: EngineOptions
  readonly port: number
  readonly events: PeerEvents
}

function open({ events, native, options, port }: Opening): Connection {
  const pc = new native.PeerConnection('amsctl', {
    iceServers: [],
    disableAutoNegotiation: true,
    enableIceUdpMux: true,
    portRangeBegin: port,
    portRangeEnd: port,
    ...(options.bindAddress !== undefined && { bindAddress: options.bindAddress }),
  })
  const { onFault = () => {} } = options
  return new Connection({ pc, events, ownCandidates: ownCandidates(options, port), onFault })
}

/** Loopback is never gathered where we listen on every address, yet a page on this machine may need it. */
function ownCandidates({ bindAddress, host }: EngineOptions, port: number): string[] {
  const addresses = [host, bindAddress === undefined ? '127.0.0.1' : undefined]
  return addresses.flatMap((address, index) => (address === undefined ? [] : [hostCandidate(address, port, index + 1)]))
}
