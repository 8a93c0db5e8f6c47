import type { Destination } from '../connect.ts'
import type { Check } from './check.ts'
import { checkDataDirectory } from './data-directory.ts'
import { checkFfmpeg, checkTranscoder, checkWebrtc, ffmpegEncoders } from './media.ts'
import { checkLoopback, checkPorts, type Ports } from './network.ts'
import { selfTest } from './self-test.ts'
import { checkStore } from './store.ts'
import { checkTls } from './tls.ts'

export interface Examination extends Destination {
  readonly ports: Ports
  readonly tls: { readonly cert: string; readonly key: string } | null
  readonly selfTest: boolean
}

/** Every check, in the order in which they are printed. */
export async function examine({ dataDir, mediaDir, place, ports, tls, ...wanted }: Examination): Promise<Check[]> {
  const directory = await checkDataDirectory(dataDir)
  const store = await checkStore({ dataDir, mediaDir, place }, directory)
  const encoders = await ffmpegEncoders()
  return [
    directory,
    ...store.checks,
    await checkTls(tls),
    ...(await checkPorts(ports, store.status)),
    await checkLoopback(),
    checkFfmpeg(encoders),
    await checkTranscoder(),
    await checkWebrtc(),
    ...(wanted.selfTest ? [await selfTest(encoders)] : []),
  ]
}
