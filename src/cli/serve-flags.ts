import { hostname, networkInterfaces } from 'node:os'
import { Flags } from '@oclif/core'
import { AmsctlError } from '../domain/errors.ts'
import { parseSetting } from '../domain/settings.ts'
import { DEFAULT_APP, parseApp } from '../domain/stream-id.ts'
import { app, mediaDir, parseNodeName } from './flags.ts'
import { parseAddress, parseStun } from './ice-servers.ts'

const port = (summary: string, env: string, fallback: number) =>
  Flags.integer({ summary, env, default: fallback, min: 0, max: 65_535, helpValue: 'PORT' })

export const serveFlags = {
  host: Flags.string({
    summary: 'Address to listen on (default: all of them, IPv6 and IPv4).',
    env: 'AMSCTL_HOST',
    helpValue: 'ADDRESS',
  }),
  'rtmp-port': port('Port of RTMP; 0 takes a free one.', 'AMSCTL_RTMP_PORT', 1935),
  'http-port': port('Port of HLS, HTTP-FLV, WS-FLV, recordings and REST.', 'AMSCTL_HTTP_PORT', 5080),
  app: app({
    summary: 'App to serve; may be repeated (default: those of AMSCTL_APP, separated by commas, or LiveApp).',
    multiple: true,
    multipleNonGreedy: true,
    // oclif takes the environment of a repeatable flag for one value.
    default: async () => (process.env.AMSCTL_APP || DEFAULT_APP).split(',').map(parseAppOfEnvironment),
    noCacheDefault: true,
  }),
  'media-dir': mediaDir,
  record: Flags.custom<string>({
    summary: 'Streams to record from their beginning, in place of the setting "record"; --record alone means on.',
    env: 'AMSCTL_RECORD',
    helpValue: 'on|off|GLOB',
    parse: async (text) => parseSetting('record', text),
  })(),
  node: Flags.string({
    summary: 'Name of this machine among those that share a store (default: its hostname).',
    env: 'AMSCTL_NODE',
    helpValue: 'NAME',
    default: async () => hostname(),
    noCacheDefault: true,
    parse: async (text) => parseNodeName(text),
  }),
  'tls-cert': Flags.string({
    summary: 'Certificate chain in PEM, for RTMPS and HTTPS.',
    env: 'AMSCTL_TLS_CERT',
    helpValue: 'FILE',
    dependsOn: ['tls-key'],
  }),
  'tls-key': Flags.string({
    summary: 'Private key in PEM.',
    env: 'AMSCTL_TLS_KEY',
    helpValue: 'FILE',
    dependsOn: ['tls-cert'],
  }),
  'https-port': port('Port of HTTPS and WSS, with a certificate.', 'AMSCTL_HTTPS_PORT', 5443),
  'rtmps-port': port('Port of RTMPS, with a certificate.', 'AMSCTL_RTMPS_PORT', 1936),
  'webrtc-port': port(
    'UDP port of WebRTC media, the one for all peers; 0 takes a free one.',
    'AMSCTL_WEBRTC_PORT',
    50_000,
  ),
  'webrtc-host': Flags.string({
    summary: 'Public address of this machine, told to WebRTC peers beside its own; needed behind NAT.',
    env: 'AMSCTL_WEBRTC_HOST',
    helpValue: 'ADDRESS',
    parse: async (text) => parseAddress(text),
  }),
  stun: Flags.string({
    summary: 'STUN server that WebRTC pages are told of.',
    env: 'AMSCTL_STUN',
    helpValue: 'HOST:PORT',
    parse: async (text) => parseStun(text).urls,
  }),
  turn: Flags.string({
    summary: 'TURN server that WebRTC pages are told of, as [USER:PASSWORD@]HOST:PORT.',
    env: 'AMSCTL_TURN',
    helpValue: 'ADDRESS',
  }),
  'turn-credentials': Flags.string({
    summary: 'File that holds USER:PASSWORD of the TURN server, which others could read on the command line.',
    env: 'AMSCTL_TURN_CREDENTIALS',
    helpValue: 'FILE',
    dependsOn: ['turn'],
  }),
  panel: Flags.boolean({
    summary: 'Serve the management panel, and logging in over REST (default).',
    env: 'AMSCTL_PANEL',
    default: true,
    allowNo: true,
  }),
  'latency-ms': Flags.integer({
    summary: 'How long media is gathered for one write; more costs less CPU.',
    env: 'AMSCTL_LATENCY_MS',
    default: 50,
    min: 0,
    max: 1000,
    helpValue: 'MS',
  }),
  'log-format': Flags.option({
    options: ['pretty', 'json'] as const,
    summary: 'How to log on stderr (default: pretty on a terminal, otherwise json).',
    env: 'AMSCTL_LOG_FORMAT',
  })(),
}

/** The command line with a `--record` that has no value of its own read as `--record on`. */
export function withRecordValue(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    const next = argv[index + 1]
    return word === '--record' && (next === undefined || next.startsWith('-')) ? [word, 'on'] : [word]
  })
}

function parseAppOfEnvironment(text: string): string {
  try {
    return parseApp(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AmsctlError('BAD_VALUE', `AMSCTL_APP: ${reason}`, { cause })
  }
}

/** The address that takes clients of both families: `::`, unless this machine has no IPv6. */
export function everyAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0'
}
