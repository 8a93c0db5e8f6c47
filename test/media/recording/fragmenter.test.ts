import { expect, it } from 'vitest'
import { Demuxer } from '../../../src/media/fmp4/demuxer.ts'
import { Fragmenter, type Piece } from '../../../src/media/recording/fragmenter.ts'
import { configs, span } from '../../support/synthetic-media.ts'

/** A demuxer in front of a fragmenter, and what comes out of it. */
function aFragmenter() {
  const pieces: Piece[] = []
  const demuxer = new Demuxer(new Fragmenter({ begin: () => {}, piece: (piece) => pieces.push(piece), end: () => {} }))
  for (const packet of configs()) demuxer.push(packet)
  return { demuxer, pieces }
}

it('passes on sound while no picture comes, as from a camera that is covered', () => {
  const { demuxer, pieces } = aFragmenter()
  for (const packet of span({ from: 0, to: 2000 })) demuxer.push(packet)
  const before = pieces.length
  for (const packet of span({ from: 2000, to: 62_000, video: false })) demuxer.push(packet)
  expect(pieces.length - before).toBeGreaterThanOrEqual(14)
})
