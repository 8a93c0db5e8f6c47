import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { type Check, exitOf } from '../cli/doctor/check.ts'
import { examine } from '../cli/doctor/doctor.ts'
import { repair, salvageFields, salvageNotes } from '../cli/doctor/repair.ts'
import { escapeControls } from '../cli/escape.ts'
import { everyAddress, serveFlags } from '../cli/serve-flags.ts'
import { readStorePlace } from '../cli/store-place.ts'
import type { Salvage } from '../store/salvage/salvage.ts'

const SIGNS = { ok: '✓', warn: '!', fail: '✗', skip: '-' } as const
const COLOURS = { ok: 'green', warn: 'yellow', fail: 'red', skip: 'dim' } as const

export default class Doctor extends BaseCommand {
  static override summary = 'Check whether amsctl can run here and keep its promises, and say what to change.'
  static override description =
    'The self-test publishes and plays with one-time tokens on a private daemon, and removes it again. Exit 5 if the data directory, the store or the network failed, 2 if the configuration did (TLS files, clock), 4 if the self-test did; of several the first. Warnings exit 0. --repair checks nothing: it reads what it can of the damaged data directory, which keeps every byte, writes it to a new one and exits 0, or 5 if it could not; tokens that may have been used or revoked in what was lost are revoked there. In a pipe a line is status, class, name and message, separated by tabs.'
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --no-self-test --json',
    '<%= config.bin %> doctor --tls-cert fullchain.pem --tls-key privkey.pem',
    '<%= config.bin %> doctor --repair /var/lib/amsctl.new --data-dir /var/lib/amsctl',
  ]

  static override flags = {
    repair: Flags.string({
      summary: 'Salvage a damaged data directory to this new one, while no daemon runs.',
      helpValue: 'NEWDIR',
    }),
    host: serveFlags.host,
    'rtmp-port': serveFlags['rtmp-port'],
    'http-port': serveFlags['http-port'],
    'https-port': serveFlags['https-port'],
    'rtmps-port': serveFlags['rtmps-port'],
    'webrtc-port': serveFlags['webrtc-port'],
    'media-dir': serveFlags['media-dir'],
    'tls-cert': serveFlags['tls-cert'],
    'tls-key': serveFlags['tls-key'],
    'self-test': Flags.boolean({
      summary: 'Publish and play with one-time tokens on a private daemon.',
      default: true,
      allowNo: true,
    }),
  }

  async run(): Promise<Check[] | Salvage> {
    const { flags } = await this.parse(Doctor)
    if (flags.repair !== undefined) {
      const salvaged = await repair(this.dataDir(flags), flags.repair, flags.store)
      for (const text of salvageNotes(salvaged)) this.note(text)
      return this.printFields(salvaged, salvageFields(salvaged))
    }
    const { 'tls-cert': cert, 'tls-key': key } = flags
    const tls = cert && key ? { cert, key } : null
    const checks = await examine({
      dataDir: this.dataDir(flags),
      mediaDir: this.mediaDir(flags),
      place: await readStorePlace(flags),
      ports: {
        host: flags.host ?? everyAddress(),
        rtmp: flags['rtmp-port'],
        http: flags['http-port'],
        tls: tls && { rtmps: flags['rtmps-port'], https: flags['https-port'] },
        webrtc: flags['webrtc-port'],
      },
      tls,
      selfTest: flags['self-test'],
    })
    process.exitCode = exitOf(checks)
    return this.print(checks, checks.map((check) => this.#line(check)).join('\n'))
  }

  #line({ status, class: kind, name, message }: Check): string {
    const told = escapeControls(message)
    if (!process.stdout.isTTY) return [status, kind, name, told].join('\t')
    return `${this.colors(process.stdout)[COLOURS[status]](SIGNS[status])} ${name}: ${told}`
  }
}
