import logger from 'node-media-server/src/core/logger.js'
import Rtmp from 'node-media-server/src/protocol/rtmp.js'

// It prints to stdout, and prints what clients send, secrets and all.
logger.log = () => undefined

export { Rtmp }
