import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, serve } from './amsctl.ts'
import { eventually } from './eventually.ts'
import { noteSecrets } from './leaks.ts'
import { mustRunLine, runLine } from './run-command.ts'

const STREAM = ['--stream', 'cam', '--type', 'play']

/** Kills a command at a random instant while it mints; whatever it printed before must be in the store. */
export async function killMintingCommand(dataDir: string): Promise<void> {
  const child = launch(['token', 'create', ...STREAM, '--count', '200'], { dataDir })
  const printed = await killedOutput(child, Math.random() * 400)
  for (const token of sample(tokensIn(printed))) await mustBeAlive(token, dataDir)
}

/** Kills a command at a random instant while it spends; if it said yes before, the token must be dead. */
export async function killRedeemingCommand(dataDir: string): Promise<void> {
  const token = await mustRunLine(['token', 'create', ...STREAM], dataDir)
  const child = launch(['token', 'redeem', token, ...STREAM], { dataDir })
  const printed = await killedOutput(child, Math.random() * 400)
  const { code } = await runLine(['token', 'verify', token, ...STREAM], dataDir)
  if (printed.includes('valid') && code !== 4) throw new Error(`a spent token is alive again: verify exited ${code}`)
  if (code !== 0 && code !== 4) throw new Error(`the store does not open: verify exited ${code}`)
}

/** Kills a daemon at a random instant while tokens are minted and spent through it; returns how many promises it had made. */
export async function killServingDaemon(dataDir: string): Promise<number> {
  const daemon = await serve({ dataDir })
  const minted: string[] = []
  const spent: string[] = []
  let running = true
  const client = async () => {
    while (running) {
      const token = await mint(daemon.http)
      if (token) minted.push(token)
      if (token && Math.random() < 0.5 && (await validate(daemon.http, token))) spent.push(token)
    }
  }
  const clients = Array.from({ length: 8 }, client)
  const enough = 10 + Math.random() * 150
  try {
    await eventually(() => minted.length + spent.length >= enough || undefined)
    await sleep(Math.random() * 20)
    await daemon.stop('SIGKILL')
  } finally {
    running = false
    await Promise.all(clients)
  }

  const dead = new Set(spent)
  for (const token of sample(spent)) await mustBeDead(token, dataDir)
  for (const token of sample(minted.filter((token) => !dead.has(token)))) await mustBeKnown(token, dataDir)
  return minted.length + spent.length
}

async function mint(http: string): Promise<string | undefined> {
  const query = `expireDate=${Math.floor(Date.now() / 1000) + 3600}&type=play`
  const answer = await ask(`${http}/LiveApp/rest/v2/broadcasts/cam/token?${query}`)
  return answer?.tokenId
}

async function validate(http: string, tokenId: string): Promise<boolean> {
  const body = JSON.stringify({ tokenId, streamId: 'cam', type: 'play' })
  const headers = { 'content-type': 'application/json' }
  const answer = await ask(`${http}/LiveApp/rest/v2/broadcasts/validate-token`, { method: 'POST', headers, body })
  return answer?.success === true
}

/** undefined: the daemon died before the answer was whole, and so has promised nothing. */
async function ask(url: string, init?: RequestInit): Promise<{ tokenId?: string; success?: boolean } | undefined> {
  try {
    const answer = await fetch(url, init)
    return (await answer.json()) as { tokenId?: string; success?: boolean }
  } catch {
    return undefined
  }
}

async function mustBeAlive(token: string, dataDir: string): Promise<void> {
  const { code, stdout } = await runLine(['token', 'verify', token, ...STREAM], dataDir)
  if (code !== 0) throw new Error(`a minted and printed token is lost: ${stdout}`)
}

async function mustBeDead(token: string, dataDir: string): Promise<void> {
  const { code } = await runLine(['token', 'verify', token, ...STREAM], dataDir)
  if (code !== 4) throw new Error(`a spent token is alive again: verify exited ${code}`)
}

/** Alive, or spent by a request whose answer did not arrive. */
async function mustBeKnown(token: string, dataDir: string): Promise<void> {
  const { code, stderr } = await runLine(['token', 'show', token], dataDir)
  if (code !== 0) throw new Error(`a minted token is lost: ${stderr}`)
}

async function killedOutput(child: ReturnType<typeof launch>, after: number): Promise<string> {
  let printed = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const closed = once(child, 'close')
  await Promise.race([sleep(after), closed])
  child.kill('SIGKILL')
  await closed
  noteSecrets(printed)
  return printed
}

function tokensIn(printed: string): string[] {
  return printed.match(/^[0-9A-Za-z]{32}$/gm) ?? []
}

/** First, last and one between: each check opens the store anew. */
function sample<T>(all: readonly T[]): T[] {
  return [...new Set([all.at(0), all[Math.floor(all.length / 2)], all.at(-1)])].filter((one) => one !== undefined)
}
