import { ProtocolError } from './protocol-error.ts'

/** AMF 0 values; objects are Maps, so that no name from the wire can meet a prototype. */
export type AmfValue = number | string | boolean | null | AmfObject | readonly AmfValue[]
export type AmfObject = ReadonlyMap<string, AmfValue>

const DEEPEST = 16

/** Reads all values in `data` (AMF 0 specification, section 2); throws ProtocolError. */
export function decodeAmf0(data: Buffer): AmfValue[] {
  const reader = new Reader(data)
  const values: AmfValue[] = []
  while (!reader.done) values.push(reader.value(0))
  return values
}

class Reader {
  readonly #data: Buffer
  #offset = 0

  constructor(data: Buffer) {
    this.#data = data
  }

  get done(): boolean {
    return this.#offset >= this.#data.length
  }

  value(depth: number): AmfValue {
    if (depth > DEEPEST) throw new ProtocolError('AMF nested too deeply')
    const marker = this.#take(1).readUInt8()
    switch (marker) {
      case 0x00:
        return this.#take(8).readDoubleBE()
      case 0x01:
        return this.#take(1).readUInt8() !== 0
      case 0x02:
        return this.#text(2)
      case 0x03:
        return this.#object(depth)
      case 0x05:
      case 0x06:
      case 0x0d:
        return null
      case 0x07:
        this.#take(2)
        return null
      case 0x08:
        this.#take(4)
        return this.#object(depth)
      case 0x0a:
        return this.#strictArray(depth)
      case 0x0b:
        return this.#take(10).readDoubleBE()
      case 0x0c:
      case 0x0f:
        return this.#text(4)
      case 0x10:
        this.#text(2)
        return this.#object(depth)
      default:
        throw new ProtocolError(`AMF type ${marker} is not known`)
    }
  }

  #object(depth: number): AmfObject {
    const object = new Map<string, AmfValue>()
    for (;;) {
      const name = this.#text(2)
      if (name === '' && this.#data[this.#offset] === 0x09) {
        this.#take(1)
        return object
      }
      object.set(name, this.value(depth + 1))
    }
  }

  #strictArray(depth: number): AmfValue[] {
    const values: AmfValue[] = []
    for (let left = this.#take(4).readUInt32BE(); left > 0; left--) values.push(this.value(depth + 1))
    return values
  }

  #text(lengthBytes: 2 | 4): string {
    const length = this.#take(lengthBytes).readUIntBE(0, lengthBytes)
    return this.#take(length).toString('utf8')
  }

  #take(length: number): Buffer {
    const end = this.#offset + length
    if (end > this.#data.length) throw new ProtocolError('AMF cut short')
    const part = this.#data.subarray(this.#offset, end)
    this.#offset = end
    return part
  }
}

/** What a server has to say: flat objects are enough for it. */
export type AmfReply = number | string | boolean | null | Readonly<Record<string, number | string | boolean>>

export function encodeAmf0(values: readonly AmfReply[]): Buffer {
  return Buffer.concat(values.map(encodeValue))
}

function encodeValue(value: AmfReply): Buffer {
  if (value === null) return Buffer.from([0x05])
  if (typeof value === 'boolean') return Buffer.from([0x01, value ? 1 : 0])
  if (typeof value === 'string') return Buffer.concat([Buffer.from([0x02]), encodeText(value)])
  if (typeof value === 'number') {
    const number = Buffer.alloc(9)
    number.writeDoubleBE(value, 1)
    return number
  }
  const fields = Object.entries(value).flatMap(([name, field]) => [encodeText(name), encodeValue(field)])
  return Buffer.concat([Buffer.from([0x03]), ...fields, Buffer.from([0, 0, 0x09])])
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
