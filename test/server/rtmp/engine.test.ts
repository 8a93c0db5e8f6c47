import logger from 'node-media-server/src/core/logger.js'
import { describe, expect, it } from 'vitest'
import { RTMP_CHUNK_SIZE } from '../../../src/media/rtmp-chunks.ts'
import { Rtmp } from '../../../src/server/rtmp/engine.ts'

describe('node-media-server', () => {
  it.each(['packetParse', 'packetAlloc', 'packetHandler'])('calls %s, which we replace', (method) => {
    expect(Rtmp.prototype).toHaveProperty(method, expect.any(Function))
  })

  it.each([
    'parserData',
    'chunkMessageHeaderRead',
    'sendACK',
    'sendWindowACK',
    'setPeerBandwidth',
    'setChunkSize',
    'sendStreamStatus',
  ])('has %s, which we call', (method) => {
    expect(Rtmp.prototype).toHaveProperty(method, expect.any(Function))
  })

  it.each([
    ['handshakeState', 0],
    ['parserBasicBytes', 0],
    ['inChunkSize', 128],
    ['inPackets', new Map()],
    ['parserBuffer', expect.any(Buffer)],
    ['onOutputCallback', expect.any(Function)],
  ])('keeps %s', (field, value) => {
    expect(new Rtmp()).toHaveProperty(field, value)
  })

  it('sends chunks of the size that the shared media is cut to', () => {
    expect(new Rtmp().outChunkSize).toBe(RTMP_CHUNK_SIZE)
    const payload = Buffer.alloc(RTMP_CHUNK_SIZE + 1)
    const header = { fmt: 0, cid: 3, timestamp: 0, length: payload.length, type: 20, stream_id: 0 }
    expect(Rtmp.chunksCreate({ header, payload })).toHaveLength(12 + payload.length + 1)
  })

  it('is given the parser steps in the order that our limits rely on', () => {
    const steps: string[] = []
    class Traced extends Rtmp {
      override packetParse(): void {
        steps.push('parse')
        super.packetParse()
      }
      override packetAlloc(): void {
        steps.push('alloc')
        super.packetAlloc()
      }
      override packetHandler(): void {
        steps.push(`handle ${this.parserPacket.header.length} with ${this.parserPacket.bytes} under way`)
      }
    }
    const rtmp = new Traced()
    rtmp.parserData(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536)]))
    const header = Buffer.from([0x03, 0, 0, 0, 0, 0, 129, 99, 0, 0, 0, 0])
    rtmp.parserData(Buffer.concat([header, Buffer.alloc(128), Buffer.from([0xc3]), Buffer.alloc(1)]))
    expect(steps).toEqual(['parse', 'alloc', 'parse', 'handle 129 with 0 under way'])
    expect(rtmp.handshakeState).toBe(3)
  })

  it('makes no FLV parser for a connection', () => {
    const before = process.memoryUsage().arrayBuffers
    const rtmp = new Rtmp()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024)
    expect(rtmp.flv).toEqual({})
  })

  it('prints nothing once our engine is loaded', () => {
    expect(String(logger.log)).not.toContain('console')
  })
})
