import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { amsctl, serve, temporaryDirectory } from '../support/amsctl.ts'
import { spawned } from '../support/clients.ts'
import { eventually } from '../support/eventually.ts'
import { live, packetsOf, playing, publishing } from '../support/ffmpeg.ts'
import { describeWith } from '../support/programs.ts'

const run = promisify(execFile)

/** Writes a self-signed certificate for `name`, over whatever is there. */
async function certify(directory: string, name: string): Promise<{ cert: string; key: string }> {
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') }
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes']
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', files.key, '-out', files.cert, ...subject])
  return files
}

function certifiedName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    }).on('error', reject)
  })
}

describeWith(['ffmpeg', 'ffprobe', 'curl', 'openssl'], 'TLS', () => {
  it('carries RTMPS and HTTPS, and takes a new certificate on SIGHUP', async () => {
    const directory = await temporaryDirectory()
    const { cert, key } = await certify(directory, 'first.example')
    const tls = ['--tls-cert', cert, '--tls-key', key, '--rtmps-port', '0', '--https-port', '0']
    const daemon = await serve({ args: tls })
    await daemon.enableTokens()
    const { rtmps, https } = daemon.listen
    if (!rtmps || !https) throw new Error('no TLS doors')

    publishing(`rtmps://127.0.0.1:${rtmps.port}/LiveApp/cam?token=${await daemon.mint('cam', 'publish')}`)
    await live(daemon, 'cam')
    const token = await daemon.mint('cam', 'play')
    const seen = packetsOf(await playing(`rtmps://127.0.0.1:${rtmps.port}/LiveApp/cam?token=${token}`).outcome)
    expect(seen.video).toBeGreaterThan(20)
    const url = `https://127.0.0.1:${https.port}/LiveApp/streams/cam.flv?token=${token}`
    const { stdout } = await spawned('curl', ['-sk', url]).outcome
    expect(JSON.parse(stdout).error.code).toBe('TOKEN_USED')

    expect(await certifiedName(https.port)).toBe('first.example')
    await certify(directory, 'second.example')
    daemon.child.kill('SIGHUP')
    for (const { port } of [https, rtmps]) {
      await eventually(async () => (await certifiedName(port)) === 'second.example' || undefined)
    }
  })

  it('that cannot be used ends serve with exit 5 and the reason', async () => {
    const directory = await temporaryDirectory()
    const { cert } = await certify(directory, 'first.example')
    const flags = ['--rtmp-port', '0', '--http-port', '0', '--tls-cert', cert, '--tls-key', cert]
    const { code, stderr } = await amsctl(['serve', ...flags], { dataDir: join(directory, 'data') })
    expect(code).toBe(5)
    expect(stderr).toContain('cannot be used')
  })
})
