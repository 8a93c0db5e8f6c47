import { once } from 'node:events'
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Check, exitOf } from '../../src/cli/doctor/check.ts'
import { checkClock } from '../../src/cli/doctor/store.ts'
import { amsctl, launch, outcomeOf, serve, temporaryDirectory } from '../support/amsctl.ts'
import { aCertificate } from '../support/certificate.ts'
import { eventually } from '../support/eventually.ts'
import { describeWith } from '../support/programs.ts'
import { runLine } from '../support/run-command.ts'

/** Every port a free one, but those of `taken`. */
function ports(taken: Readonly<Record<string, string>> = {}): string[] {
  const free = { rtmp: '0', http: '0', rtmps: '0', https: '0', webrtc: '0' }
  return Object.entries({ ...free, ...taken }).flatMap(([door, port]) => [`--${door}-port`, port])
}

const FREE = ports()
const QUICK = ['doctor', '--no-self-test', '--host', '127.0.0.1']

function named(stdout: string, name: string): Check | undefined {
  return (JSON.parse(stdout) as Check[]).find((check) => check.name === name)
}

/** A TCP port that somebody else has. */
async function aTakenPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' ? String(address?.port) : ''
}

it('a fresh directory passes, and is left as it was', async () => {
  const dataDir = await temporaryDirectory()
  const { code, stdout, stderr } = await amsctl([...QUICK, ...FREE], { dataDir: join(dataDir, 'new') })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const line of stdout.trimEnd().split('\n')) {
    expect(line).toMatch(/^(ok|warn|skip)\t(store|network|configuration|media)\t[\w-]+\t[^\t]+$/)
  }
  expect(await readdir(dataDir)).toEqual([])
})

it('--json is an array of the checks, and warns of token control that is off', async () => {
  const { code, stdout } = await runLine([...QUICK, ...FREE, '--json'], await temporaryDirectory())
  expect(code).toBe(0)
  for (const check of JSON.parse(stdout) as Check[]) {
    expect(Object.keys(check).sort()).toEqual(['class', 'message', 'name', 'status'])
  }
  expect(named(stdout, 'token-control')).toMatchObject({ class: 'configuration', status: 'warn' })
  expect(named(stdout, 'udp-loopback')).toMatchObject({ class: 'network', status: 'ok' })
})

it('exits 5 where another program has a port', async () => {
  // Without a certificate nobody wants the port of HTTPS.
  const taken = ports({ rtmp: await aTakenPort(), https: await aTakenPort() })
  const { code, stdout } = await runLine([...QUICK, ...taken, '--json'], await temporaryDirectory())
  expect(code).toBe(5)
  expect(named(stdout, 'port-rtmp')).toMatchObject({ class: 'network', status: 'fail' })
  expect(named(stdout, 'port-https')).toBeUndefined()
})

it('asks the running daemon at its listeners', async () => {
  const daemon = await serve()
  const { code, stdout } = await daemon.run([...QUICK, '--json'])
  expect(code).toBe(0)
  for (const name of ['listener-rtmp', 'listener-http', 'listener-webrtc', 'store']) {
    expect(named(stdout, name)).toMatchObject({ status: 'ok' })
  }
})

it('exits 5 where others may enter the data directory, and does not open it', async () => {
  const dataDir = join(await temporaryDirectory(), 'data')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'settings.json'), '{}')
  await chmod(dataDir, 0o755)
  const { code, stdout } = await runLine([...QUICK, ...FREE, '--json'], dataDir)
  expect(code).toBe(5)
  expect(named(stdout, 'data-directory')).toMatchObject({ class: 'store', status: 'fail' })
  expect(named(stdout, 'store')).toMatchObject({ status: 'skip' })
})

it('only warns of an empty directory that others may enter: the first command closes it', async () => {
  const dataDir = await temporaryDirectory()
  await chmod(dataDir, 0o755)
  const { code, stdout } = await runLine([...QUICK, ...FREE, '--json'], dataDir)
  expect(code).toBe(0)
  expect(named(stdout, 'data-directory')).toMatchObject({ status: 'warn' })
})

describeWith(['openssl'], 'TLS files', () => {
  it('that do not match exit 2; a pair that ends within two weeks warns; with them their ports must be free', async () => {
    const directory = await temporaryDirectory()
    const [one, other] = [await aCertificate('one.example'), await aCertificate('other.example')]
    const path = (name: string) => join(directory, name)
    await Promise.all([
      writeFile(path('cert'), one.cert),
      writeFile(path('key'), one.key, { mode: 0o600 }),
      writeFile(path('other'), other.key, { mode: 0o600 }),
    ])
    const run = (key: string, taken = {}) =>
      runLine([...QUICK, ...ports(taken), '--json', '--tls-cert', path('cert'), '--tls-key', path(key)], path('data'))
    const good = await run('key')
    expect(good.code).toBe(0)
    expect(named(good.stdout, 'tls')).toMatchObject({ class: 'configuration', status: 'warn' })
    const bad = await run('other')
    expect(bad.code).toBe(2)
    expect(named(bad.stdout, 'tls')).toMatchObject({ status: 'fail' })
    for (const door of ['rtmps', 'https']) {
      expect(named(good.stdout, `port-${door}`)).toMatchObject({ class: 'network', status: 'ok' })
      const taken = await run('key', { [door]: await aTakenPort() })
      expect(taken.code).toBe(5)
      expect(named(taken.stdout, `port-${door}`)).toMatchObject({ status: 'fail' })
    }
  })
})

describeWith(['ffmpeg'], 'the self-test', () => {
  it('publishes, plays once and is refused the second time', async () => {
    const dataDir = await temporaryDirectory()
    const temporary = await temporaryDirectory()
    const flags = ['doctor', '--host', '127.0.0.1', ...FREE, '--json']
    const { code, stdout } = await amsctl(flags, { dataDir, env: { TMPDIR: temporary } })
    expect(named(stdout, 'self-test')).toMatchObject({ class: 'self-test', status: 'ok' })
    expect(code).toBe(0)
    expect(await readdir(temporary)).toEqual([])
  })

  it('leaves nothing behind where it is interrupted', async () => {
    const dataDir = await temporaryDirectory()
    const temporary = await temporaryDirectory()
    const child = launch(['doctor', '--host', '127.0.0.1', ...FREE], { dataDir, env: { TMPDIR: temporary } })
    const outcome = outcomeOf(child)
    await eventually(async () => {
      const there = await readdir(temporary, { recursive: true })
      return there.some((path) => path.endsWith('control.sock')) || undefined
    })
    child.kill('SIGINT')
    expect(await outcome).toMatchObject({ signal: 'SIGINT', stdout: '' })
    expect(await readdir(temporary)).toEqual([])
  })
})

it('a clock behind what was done here fails', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  expect(checkClock([now], now).status).toBe('ok')
  expect(checkClock([now + 60_000], now).status).toBe('fail')
  expect(checkClock([], 0).status).toBe('fail')
})

it('of several failures the store and the network decide the exit code', () => {
  const failed = (kind: Check['class']): Check => ({ name: 'x', class: kind, status: 'fail', message: '' })
  expect(exitOf([failed('self-test')])).toBe(4)
  expect(exitOf([failed('self-test'), failed('configuration')])).toBe(2)
  expect(exitOf([failed('configuration'), failed('network')])).toBe(5)
  expect(exitOf([{ ...failed('media'), status: 'warn' }])).toBe(0)
})
