// A WebRTC viewer in a process of its own, to be killed: signalled over IPC. Reports what it gets, by the report that it
// was given, and tells of the first packet.
import * as native from 'node-datachannel'

const pc = new native.PeerConnection('viewer', { iceServers: [] })
/** Held: what is collected is closed. */
const held = []
const REPORT_EVERY_MS = 50

pc.onLocalDescription((answer) => process.send({ answer }))
pc.onLocalCandidate((candidate, mid) => process.send({ candidate, mid }))

function begin({ offer, report }) {
  pc.onTrack((track) => {
    held.push(track)
    let watching = false
    track.onMessage(() => {
      if (watching) return
      watching = true
      setInterval(() => track.sendMessageBinary(Buffer.from(report)), REPORT_EVERY_MS)
      process.send({ watching })
    })
  })
  pc.setRemoteDescription(offer, 'offer')
}

process.on('message', (message) => {
  if (message.offer) begin(message)
  else pc.addRemoteCandidate(message.candidate, message.mid)
})
