// Child process: `count` players of HLS that poll the playlist and fetch each new segment, without playing it.
// Sends {bytes, delay}: what came over the network, and how far behind live the newest segment was, in ms.
const [, , master, count, mode] = process.argv
const base = master.slice(0, master.lastIndexOf('/') + 1)
let bytes = 0
const delays = []

async function text(url) {
  const answer = await fetch(url)
  const body = await answer.text()
  bytes += body.length
  return body
}

async function fetchAll(url) {
  const answer = await fetch(url)
  bytes += (await answer.arrayBuffer()).byteLength
}

const DURATION = mode === 'parts' ? /^#EXT-X-PART:.*DURATION=([\d.]+)/ : /^#EXTINF:([\d.]+)/

/** The end of the newest media in a playlist, by its PROGRAM-DATE-TIME. */
function newestEnd(playlist) {
  let at = 0
  for (const line of playlist.split('\n')) {
    const started = /^#EXT-X-PROGRAM-DATE-TIME:(.*)/.exec(line)?.[1]
    if (started) at = Date.parse(started)
    at += Number(DURATION.exec(line)?.[1] ?? 0) * 1000
  }
  return at
}

async function play(live) {
  const seen = new Set()
  for (;;) {
    const playlist = await text(live)
    const names = playlist.match(mode === 'parts' ? /part-[^"]*/g : /^seg-.*$/gm) ?? []
    const fresh = names.filter((name) => !seen.has(name) && !playlist.includes(`TYPE=PART,URI="${name}"`))
    if (fresh.length > 0) delays.push(Date.now() - newestEnd(playlist))
    for (const name of fresh.slice(-1)) await fetchAll(new URL(name, live).href)
    for (const name of fresh) seen.add(name)
    await new Promise((resolve) => setTimeout(resolve, mode === 'parts' ? 250 : 1000))
  }
}

const playlist = await text(master)
const live = base + playlist.split('\n').find((line) => line.includes('live.m3u8'))
for (let n = 0; n < Number(count); n++) void play(live)
process.on('message', () => {
  process.send?.({ bytes, delays })
  bytes = 0
  delays.length = 0
})
