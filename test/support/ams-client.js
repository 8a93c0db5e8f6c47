import { WebRTCAdaptor } from '@antmedia/webrtc_adaptor'

/** By the name that the test gave: Ant Media's client, what the daemon has told it, and what it has told of itself. */
const clients = {}

function connect(name, { url, isPlayMode }) {
  const heard = []
  const own = []
  const note = (definition, detail) => {
    const told = detail?.command === 'notification' || detail?.command === 'error'
    if (told) heard.push(`${definition} ${detail.streamId}`)
    else if (/^(reconnection|closed|WebSocket|.*Error$)/.test(definition)) own.push(definition)
  }
  const ready = new Promise((resolve) => {
    const adaptor = new WebRTCAdaptor({
      websocketURL: url,
      isPlayMode,
      mediaConstraints: isPlayMode
        ? { video: false, audio: false }
        : { video: { width: 320, height: 240 }, audio: true },
      peerconnection_config: { iceServers: [] },
      callback: (definition, detail) => {
        note(definition, detail)
        if (definition === 'initialized') resolve(adaptor)
        if (definition === 'newTrackAvailable') show(`${name} ${detail.streamId}`, detail.stream)
      },
      callbackError: note,
    })
  })
  clients[name] = { ready, heard, own }
}

function show(id, stream) {
  const video = document.getElementById(id) ?? document.createElement('video')
  video.id = id
  video.autoplay = true
  video.srcObject = stream
  document.body.append(video)
}

async function statsOf(connection) {
  const reports =
    connection && connection.signalingState !== 'closed' ? [...(await connection.getStats()).values()] : []
  const received = (kind) => reports.find((report) => report.type === 'inbound-rtp' && report.kind === kind)
  return {
    frames: received('video')?.framesDecoded ?? 0,
    width: received('video')?.frameWidth ?? 0,
    soundEnergy: received('audio')?.totalAudioEnergy ?? 0,
  }
}

window.ams = {
  connect,
  publish: async (name, streamId, token) => void (await clients[name].ready).publish(streamId, token),
  play: async (name, streamId, token) => void (await clients[name].ready).play(streamId, token),
  stop: async (name, streamId) => void (await clients[name].ready).stop(streamId),
  drop: async (name) => void (await clients[name].ready).webSocketAdaptor.close(),
  state: async (name, streamId) => {
    const adaptor = await clients[name].ready
    const { heard, own } = clients[name]
    return { heard, own, ...(await statsOf(adaptor.remotePeerConnection[streamId])) }
  },
}
