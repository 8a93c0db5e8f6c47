// Many viewers in a process of their own: `viewers.js flv|rtmp PORT PATH COUNT`. Tells `bytes` and `stalls` when asked.
import { connect } from 'node:net'

const [format, port, path, count] = process.argv.slice(2)
const STALL = 1000

let bytes = 0
let stalls = 0
let playing = 0
/** One for all: what comes is counted, not kept. */
const sink = Buffer.alloc(256 * 1024)

function text(value) {
  return Buffer.concat([Buffer.from([2, value.length >> 8, value.length & 0xff]), Buffer.from(value)])
}

function number(value) {
  const bytes = Buffer.alloc(9)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function command(streamId, ...values) {
  const payload = Buffer.concat(values)
  const header = Buffer.from([3, 0, 0, 0, 0, 0, payload.length, 20, streamId, 0, 0, 0])
  return Buffer.concat([header, payload])
}

/** What an RTMP player says, all at once. */
function rtmpPlay(app, name) {
  const key = (label) => text(label).subarray(1)
  const url = `rtmp://localhost/${app}`
  const object = [Buffer.from([3]), key('app'), text(app), key('tcUrl'), text(url), Buffer.from([0, 0, 9])]
  return Buffer.concat([
    Buffer.from([3]),
    Buffer.alloc(2 * 1536),
    command(0, text('connect'), number(1), ...object),
    command(0, text('createStream'), number(2), Buffer.from([5])),
    command(1, text('play'), number(3), Buffer.from([5]), text(name)),
  ])
}

const [app, name] = path.split('/')
const hello =
  format === 'rtmp'
    ? rtmpPlay(app, name)
    : Buffer.from(`GET /${path}.flv HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`)

function view() {
  return new Promise((resolve, reject) => {
    let last = 0
    const onread = {
      buffer: sink,
      callback: (length) => {
        const now = performance.now()
        if (last === 0) {
          playing++
          resolve()
        } else if (now - last > STALL) stalls++
        last = now
        bytes += length
        return true
      },
    }
    const socket = connect({ host: '127.0.0.1', port: Number(port), onread })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a viewer')))
    socket.write(hello)
  })
}

for (let left = Number(count); left > 0; left -= 20) await Promise.all(Array.from({ length: Math.min(left, 20) }, view))
process.on('message', () => process.send({ bytes, stalls, playing }))
process.send('ready')
