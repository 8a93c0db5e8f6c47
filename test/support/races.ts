import { amsctl, type ServedDaemon } from './amsctl.ts'
import { spawned } from './clients.ts'
import { mintOverRest } from './rest.ts'
import { mustRunLine } from './run-command.ts'

export interface Contenders {
  readonly http: number
  readonly rtmp: number
  readonly rest: number
  readonly redeem: number
}

/** Mints one play token for the live stream `cam`, lets everybody at it at once, and returns how many got in. */
export async function raceRound(daemon: ServedDaemon, contenders: Contenders): Promise<number> {
  const token = await mintOverRest(daemon, 'play', Math.floor(Date.now() / 1000) + 3600)
  const racers = [
    ...times(contenders.redeem, () => redeems(token, daemon.dataDir)),
    ...times(contenders.rtmp, () => playsRtmp(`${daemon.rtmp}/LiveApp/cam?token=${token}`)),
    ...times(contenders.http, () => playsHttp(`${daemon.http}/LiveApp/streams/cam.flv?token=${token}`)),
    ...times(contenders.rest, () => validates(daemon, token)),
  ]
  return winners(await Promise.all(racers))
}

/** The same with commands alone, and no daemon to decide between them. */
export async function redeemRound(dataDir: string, processes: number): Promise<number> {
  const token = await mustRunLine(['token', 'create', '--stream', 'cam', '--type', 'play'], dataDir)
  return winners(await Promise.all(times(processes, () => redeems(token, dataDir))))
}

async function redeems(token: string, dataDir: string): Promise<boolean> {
  const { code, stderr } = await amsctl(['token', 'redeem', token, '--stream', 'cam', '--type', 'play'], { dataDir })
  // On a busy machine the others may hold the store for longer than a command waits: nothing was spent, so it asks again.
  if (code === 5 && stderr.includes('holds the store')) return redeems(token, dataDir)
  if (code !== 0 && code !== 4) throw new Error(`redeem exited ${code}: ${stderr}`)
  return code === 0
}

async function playsHttp(url: string): Promise<boolean> {
  const { status, body } = await fetch(url)
  await body?.cancel()
  if (![200, 403, 409].includes(status)) throw new Error(`HTTP ${status}`)
  return status === 200
}

/** Whether any media comes; rtmpdump itself would play a live stream for ever. */
async function playsRtmp(url: string): Promise<boolean> {
  const { child, outcome } = spawned('rtmpdump', ['-q', '-v', '-o', '-', '-r', url])
  child.stdout?.once('data', () => child.kill('SIGKILL'))
  return (await outcome).stdout.length > 0
}

async function validates(daemon: ServedDaemon, tokenId: string): Promise<boolean> {
  const answer = await fetch(`${daemon.http}/LiveApp/rest/v2/broadcasts/validate-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tokenId, streamId: 'cam', type: 'play' }),
  })
  return ((await answer.json()) as { success: boolean }).success
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function winners(outcomes: readonly boolean[]): number {
  return outcomes.filter(Boolean).length
}
