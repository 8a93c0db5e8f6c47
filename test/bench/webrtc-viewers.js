// Many WHEP viewers in a process of their own: `webrtc-viewers.js URL COUNT`. Tells `bytes` and `playing` when asked.
import * as native from 'node-datachannel'

const [url, count] = process.argv.slice(2)
const AT_ONCE = 10
const H264 = 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1'

let bytes = 0
let playing = 0
/** Held: what is collected is closed. */
const held = []

function tracksOf(pc) {
  const video = new native.Video('0', 'RecvOnly')
  video.addH264Codec(102, H264)
  const audio = new native.Audio('1', 'RecvOnly')
  audio.addOpusCodec(111)
  return [video, audio].map((media) => pc.addTrack(media))
}

async function view() {
  const pc = new native.PeerConnection('viewer', { iceServers: [], disableAutoNegotiation: true })
  const tracks = tracksOf(pc)
  held.push(pc, tracks)
  const begun = new Promise((resolve) => {
    let mine = 0
    for (const track of tracks) {
      // Reports what it gets, as browsers do.
      track.setMediaHandler(new native.RtcpReceivingSession())
      track.onMessage((data) => {
        if (mine === 0) {
          playing++
          resolve()
        }
        mine += data.length
        bytes += data.length
      })
    }
  })
  const gathered = new Promise((resolve) => {
    pc.onGatheringStateChange((state) => state === 'complete' && resolve())
  })
  pc.setLocalDescription('offer')
  await gathered
  const body = pc.localDescription().sdp
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  pc.setRemoteDescription(await answer.text(), 'answer')
  await begun
}

// Before the first viewer: this is what keeps the process alive while peers connect.
process.on('message', () => process.send({ bytes, playing }))
for (let left = Number(count); left > 0; left -= AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, view))
}
process.send('ready')
