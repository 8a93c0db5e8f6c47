/** Loaded with the first engine: who serves no WebRTC needs no native code. */
export type NodeDataChannel = typeof import('node-datachannel')
