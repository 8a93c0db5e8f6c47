import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { amsctl, launch, outcomeOf, serve, sharedDaemon, temporaryDirectory } from '../support/amsctl.ts'
import { eventually } from '../support/eventually.ts'
import { mustRunLine, runLine } from '../support/run-command.ts'

const LOOPBACK = ['--host', '127.0.0.1', '--rtmp-port', '0', '--http-port', '0']

describe('serve', () => {
  it('keeps stdout for --json: its status, once it listens', async () => {
    const dataDir = await temporaryDirectory()
    const child = launch(['serve', ...LOOPBACK, '--json', '--log-format', 'pretty'], { dataDir })
    const outcome = outcomeOf(child)
    await eventually(async () => ((await runLine(['status'], dataDir)).code === 0 ? true : undefined))
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await outcome
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ running: true, pid: child.pid, apps: ['LiveApp'] })
    expect(stderr).toMatch(
      /^rtmp listens on 127\.0\.0\.1:\d+\nhttp listens on 127\.0\.0\.1:\d+\nwebrtc listens on 127\.0\.0\.1:\d+\nwarning: token control/,
    )
  })

  it('says nothing of token control while both directions need a token', async () => {
    const dataDir = await temporaryDirectory()
    await mustRunLine(['settings', 'enable-token'], dataDir)
    expect((await serve({ dataDir })).log).not.toContain('token control')
  })

  it('exits 2 on a certificate without a key', async () => {
    const { code, stderr } = await amsctl(['serve', ...LOOPBACK, '--tls-cert', 'cert.pem'])
    expect(code).toBe(2)
    expect(stderr).toContain('--tls-key')
  })

  it('names the variable whose app is none', async () => {
    const { code, stderr } = await amsctl(['serve', ...LOOPBACK], { env: { AMSCTL_APP: 'One,a b' } })
    expect(code).toBe(2)
    expect(stderr).toContain('AMSCTL_APP')
  })

  it('reads its flags from the environment too, a flag being stronger', async () => {
    const env = { AMSCTL_APP: 'One,Two', AMSCTL_RTMP_PORT: '1' }
    expect((await (await serve({ env })).status()).apps).toEqual(['One', 'Two'])
    expect((await (await serve({ env, args: ['--app', 'Three'] })).status()).apps).toEqual(['Three'])
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with exit 0 within 5 s of %s, with a client connected',
    async (signal) => {
      const daemon = await serve()
      const client = await connectTo(daemon.listen.rtmp?.port)
      const started = Date.now()
      expect(await daemon.stop(signal)).toBe(0)
      // And what a busy machine takes.
      expect(Date.now() - started).toBeLessThan(10_000)
      client.destroy()
      expect((await daemon.spawn(['status'])).code).toBe(5)
    },
  )

  it('goes on when whoever read its log is gone', async () => {
    const daemon = await serve()
    daemon.child.stdout?.destroy()
    daemon.child.stderr?.destroy()
    for (let round = 0; round < 3; round++) daemon.child.kill('SIGHUP')
    const statuses = [await daemon.run(['status']), await daemon.run(['status'])]
    expect(statuses.map(({ code }) => code)).toEqual([0, 0])
    expect(await daemon.stop()).toBe(0)
  })
})

describe('while a daemon runs', () => {
  const daemon = sharedDaemon()

  it('status tells the real ports where free ones were asked for', async () => {
    const { stdout } = await daemon().spawn(['status'])
    expect(stdout).toContain(`rtmp\t127.0.0.1:${daemon().listen.rtmp?.port}\n`)
    expect(stdout).toContain(`http\t127.0.0.1:${daemon().listen.http?.port}\n`)
    expect(await daemon().status()).toMatchObject({
      running: true,
      pid: daemon().child.pid,
      listen: { rtmps: null, https: null },
    })
    expect(daemon().log).toContain('token control is off: anyone may publish and play')
  })

  it('another serve exits 5, naming its pid', async () => {
    const { code, stderr } = await daemon().spawn(['serve', ...LOOPBACK])
    expect(code).toBe(5)
    expect(stderr).toContain(String(daemon().child.pid))
  })

  it('commands work through it, and create takes the URLs from it', async () => {
    const { stdout, stderr } = await daemon().spawn(['token', 'create', 'cam1', '--type', 'publish', '--urls'])
    expect(stderr).toBe('')
    expect(stdout).toContain(`rtmp\t${daemon().rtmp}/LiveApp/cam1?token=`)
    expect((await daemon().must(['token', 'list', '-q'])).split('\n')).toHaveLength(1)
    await daemon().must(['settings', 'enable-token', '--type', 'publish'])
    expect(JSON.parse(await daemon().must(['status', '--json'])).tokenControl).toEqual({ publish: true, play: false })
  })

  it('create warns of an app that it does not serve, and mints all the same', async () => {
    const { code, stdout, stderr } = await daemon().run(['token', 'create', 'c', '--type', 'play', '--app', 'Other'])
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\w{32}\n$/) })
    expect(stderr).toBe('warning: the running daemon does not serve Other, only LiveApp\n')
  })

  it('lists of streams and sessions are empty while nobody is there, and what is missing is an error', async () => {
    for (const command of ['stream', 'session']) {
      expect(await daemon().run([command, 'list'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
    }
    expect(await daemon().run(['session', 'list', '--json'])).toMatchObject({ code: 0, stdout: '[]\n' })
    expect(await daemon().run(['session', 'kick', 'ss_000000000000'])).toMatchObject({ code: 3, stdout: '' })
    expect(await daemon().run(['token', 'show', 'tk_000000000000'])).toMatchObject({
      code: 3,
      stderr: 'error: no token "tk_000000000000"; see amsctl token list\n',
    })
  })

  it('reads settings again on SIGHUP and goes on', async () => {
    daemon().child.kill('SIGHUP')
    await eventually(() => (daemon().log.includes('read again') ? true : undefined))
    expect(daemon().child.exitCode).toBeNull()
  })

  it('audit --follow shows what was and what happens, each once', async () => {
    await daemon().mint('before', 'play')
    const child = launch(['audit', '--follow', '--json'], { dataDir: daemon().dataDir })
    const outcome = outcomeOf(child)
    let seen = ''
    child.stdout?.on('data', (text: string) => {
      seen += text
    })
    await eventually(() => (seen.includes('"before"') ? true : undefined))
    await daemon().mint('after', 'play')
    await eventually(() => (seen.includes('"after"') ? true : undefined))
    child.kill('SIGINT')
    const { stdout } = await outcome
    const streams = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).streamId)
    expect(streams.filter((id) => ['before', 'after'].includes(id))).toEqual(['before', 'after'])
  })
})

async function connectTo(port: number | undefined): Promise<Socket> {
  const socket = connect(port ?? 0, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  await once(socket, 'connect')
  return socket
}
