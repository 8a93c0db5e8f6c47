import { BaseCommand } from '../cli/base-command.ts'
import { connectDaemon } from '../cli/daemon-client.ts'
import { readIceServers } from '../cli/ice-servers.ts'
import { outliveReaders } from '../cli/lasting-output.ts'
import { everyAddress, serveFlags, withRecordValue } from '../cli/serve-flags.ts'
import { runUntilSignal } from '../cli/signals.ts'
import { listening, openWarning, silenceWarning } from '../cli/status-text.ts'
import { readStorePlace } from '../cli/store-place.ts'
import type { DaemonOptions } from '../daemon/daemon.ts'
import { AmsctlError } from '../domain/errors.ts'
import type { DaemonStatus } from '../services/daemon-operations.ts'
import type { Log } from '../services/log.ts'

export default class Serve extends BaseCommand {
  static override summary =
    'Run the media server: RTMP and WebRTC in; RTMP, WebRTC, HLS, HTTP-FLV, WS-FLV and recordings out; and the REST API.'
  static override description =
    'SIGTERM, SIGINT and the end of its terminal end it within 5 seconds, SIGHUP reads settings and TLS files again. --json prints its status once it listens.'
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --host 127.0.0.1 --rtmp-port 1935 --http-port 5080 --app LiveApp --app Events',
    '<%= config.bin %> serve --record --media-dir /srv/recordings',
    '<%= config.bin %> serve --tls-cert fullchain.pem --tls-key privkey.pem',
  ]

  static override flags = serveFlags

  async run(): Promise<void> {
    const { flags } = await this.parse(Serve, withRecordValue(this.argv))
    outliveReaders()
    await refuseTwin(this.dataDir(flags))
    const { createLog } = await import('../daemon/log.ts')
    const { 'tls-cert': cert, 'tls-key': key, 'webrtc-host': publicAddress } = flags
    const logFormat = flags['log-format'] ?? (process.stderr.isTTY ? 'pretty' : 'json')
    const log = createLog({
      format: logFormat,
      colour: this.colors(process.stderr).level > 0,
      write: (line) => process.stderr.write(line),
    })
    const options: DaemonOptions = {
      dataDir: this.dataDir(flags),
      store: await readStorePlace(flags),
      node: flags.node,
      host: flags.host ?? everyAddress(),
      rtmpPort: flags['rtmp-port'],
      httpPort: flags['http-port'],
      rtmpsPort: flags['rtmps-port'],
      httpsPort: flags['https-port'],
      tls: cert && key ? { cert, key } : null,
      apps: flags.app,
      mediaDir: this.mediaDir(flags),
      record: flags.record ?? null,
      latency: flags['latency-ms'],
      webrtc: { port: flags['webrtc-port'], publicAddress, iceServers: await readIceServers(flags) },
      panel: flags.panel,
      log,
    }
    const announce = (status: DaemonStatus) => {
      if (this.jsonEnabled()) this.logJson(status)
      if (logFormat === 'json') announceTo(log, status)
      else this.#announce(status)
    }
    await runUntilSignal(
      async () => {
        const { startDaemon } = await import('../daemon/daemon.ts')
        return startDaemon(options)
      },
      (daemon) => {
        announce(daemon.status())
        const link = daemon.setupLink()
        if (link !== null) this.#tellOfSetup(link, log)
      },
    )
  }

  /** The link is a secret: for the eyes of who is at the terminal, and for no log. */
  #tellOfSetup(link: string, log: Log): void {
    if (process.stderr.isTTY) this.note(`make the first user of the panel at ${link}`)
    else log.info({}, 'nobody may log in to the panel yet; make a user with amsctl user create')
  }

  #announce(status: DaemonStatus): void {
    for (const [door, where] of listening(status)) if (where !== null) this.note(`${door} listens on ${where}`)
    for (const warning of warningsOf(status)) this.warn(warning)
  }
}

function announceTo(log: Log, status: DaemonStatus): void {
  log.info({ listen: status.listen, dataDir: status.dataDir }, 'listening')
  for (const warning of warningsOf(status)) log.warn({}, warning)
}

function warningsOf(status: DaemonStatus): string[] {
  return [openWarning(status), silenceWarning(status)].filter((warning) => warning !== undefined)
}

/** Tells at once of a daemon that is up; one that is stopping is waited for. @throws DAEMON_RUNNING */
async function refuseTwin(dataDir: string): Promise<void> {
  const connection = await connectDaemon(dataDir)
  const status = await connection?.daemon.status().catch(() => undefined)
  await connection?.close()
  if (status)
    throw new AmsctlError('DAEMON_RUNNING', `amsctl serve runs on ${dataDir} already, as process ${status.pid}`)
}
