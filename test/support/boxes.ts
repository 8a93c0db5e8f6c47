export interface Box {
  readonly type: string
  /** What stands behind size and type. */
  readonly body: Buffer
  readonly children: readonly Box[]
}

const CONTAINERS = new Set(['moov', 'trak', 'mdia', 'minf', 'dinf', 'stbl', 'mvex', 'moof', 'traf'])

/** Reads the boxes of an MP4; throws where sizes do not add up. */
export function readBoxes(media: Buffer): Box[] {
  const boxes: Box[] = []
  for (let offset = 0; offset < media.length; ) {
    const size = media.readUInt32BE(offset)
    const type = media.toString('latin1', offset + 4, offset + 8)
    if (size < 8 || offset + size > media.length) throw new Error(`a ${type} of ${size} bytes does not fit`)
    const body = media.subarray(offset + 8, offset + size)
    boxes.push({ type, body, children: CONTAINERS.has(type) ? readBoxes(body) : [] })
    offset += size
  }
  return boxes
}

/** The boxes at a path such as `moof/traf/trun`. */
export function boxesAt(boxes: readonly Box[], path: string): Box[] {
  const [type, ...rest] = path.split('/')
  const found = boxes.filter((box) => box.type === type)
  return rest.length === 0 ? found : found.flatMap(({ children }) => boxesAt(children, rest.join('/')))
}

/** One line for each box, indented by its depth. */
export function outline(boxes: readonly Box[], depth = 0): string[] {
  return boxes.flatMap(({ type, children }) => [`${'  '.repeat(depth)}${type}`, ...outline(children, depth + 1)])
}
