import { createRequire } from 'node:module'
import logger from 'node-media-server/src/core/logger.js'
import type NmsRtmp from 'node-media-server/src/protocol/rtmp.js'

// It prints to stdout, and prints what clients send, secrets and all.
logger.log = () => undefined

const require = createRequire(import.meta.url)

/** node-media-server's RTMP without the FLV parser, of a mebibyte, that it makes for every connection and never uses. */
export const Rtmp = loadWithoutFlvParser()

function loadWithoutFlvParser(): typeof NmsRtmp {
  const flv = require.resolve('node-media-server/src/protocol/flv.js')
  require(flv)
  const module = require.cache[flv]
  if (module) module.exports = class NoFlvParser {}
  return require('node-media-server/src/protocol/rtmp.js')
}
