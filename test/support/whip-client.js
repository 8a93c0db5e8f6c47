/* What a page does with WHIP and WHEP: no library, and only what RFC 9725 asks for. */

async function exchange(pc, url, token) {
  let begin = () => {}
  const begun = new Promise((resolve) => {
    begin = resolve
  })
  // Candidates wait for the session that they are of.
  pc.onicecandidate = async ({ candidate }) => candidate?.candidate && trickle(candidate, await begun)
  await pc.setLocalDescription()
  const { sdp } = pc.localDescription
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${token}` },
    body: sdp,
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  const session = new URL(answer.headers.get('Location'), url)
  const [, ufrag] = /a=ice-ufrag:(\S+)/.exec(sdp)
  await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() })
  begin({ session, ufrag, etag: answer.headers.get('ETag') })
  window.stop = async () => (await fetch(session, { method: 'DELETE' })).status
}

async function trickle({ candidate, sdpMid }, { session, ufrag, etag }) {
  const body = `a=ice-ufrag:${ufrag}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:${sdpMid}\r\na=${candidate}\r\n`
  const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': etag }
  window.trickled.push((await fetch(session, { method: 'PATCH', headers, body })).status)
}

window.trickled = []

window.publish = async (url, token) => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 320, height: 240 } })
  const pc = new RTCPeerConnection()
  window.pc = pc
  for (const track of stream.getTracks()) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
  await exchange(pc, url, token)
}

window.play = async (url, token) => {
  const pc = new RTCPeerConnection()
  window.pc = pc
  const stream = new MediaStream()
  pc.ontrack = ({ track }) => stream.addTrack(track)
  pc.addTransceiver('video', { direction: 'recvonly' })
  pc.addTransceiver('audio', { direction: 'recvonly' })
  document.querySelector('video').srcObject = stream
  await exchange(pc, url, token)
}

/** Of what is received: pictures decoded, and seconds of sound. */
window.received = async () => {
  const totals = { frames: 0, seconds: 0 }
  for (const report of (await window.pc.getStats()).values()) {
    if (report.type !== 'inbound-rtp') continue
    totals.frames += report.framesDecoded ?? 0
    totals.seconds += report.kind === 'audio' ? (report.totalSamplesDuration ?? 0) : 0
  }
  return totals
}
