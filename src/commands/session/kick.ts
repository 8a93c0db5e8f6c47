import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { plural } from '../../cli/plural.ts'
import type { KickReport } from '../../services/daemon-operations.ts'

export default class SessionKick extends BaseCommand {
  static override summary = 'End one session at once; its token may have uses left, which --revoke takes too.'
  static override examples = [
    '<%= config.bin %> session kick ss_0123456789ab',
    '<%= config.bin %> session kick ss_0123456789ab --revoke',
  ]

  static override args = {
    id: Args.string({ required: true, ignoreStdin: true, description: 'Id of the session, as session list shows it.' }),
  }

  static override flags = {
    revoke: Flags.boolean({ default: false, summary: 'Also revoke the token that opened it.' }),
  }

  async run(): Promise<KickReport> {
    const { args, flags } = await this.parse(SessionKick)
    const report = await this.withDaemon(flags, (daemon) => daemon.kickSession({ id: args.id, revoke: flags.revoke }))
    const wayBack = describeWayBack(report)
    if (wayBack !== undefined) this.note(wayBack)
    return this.print(report, `ended ${report.id}${report.revoked ? `, revoked ${report.tokenId}` : ''}`)
  }
}

/** How the client may come back; undefined if it cannot. */
function describeWayBack({ tokenId, usesLeft, revoked }: KickReport): string | undefined {
  if (tokenId === null) return 'it was let in without a token and may come back while token control is off'
  if (revoked || usesLeft === 0) return undefined
  const left = usesLeft === null ? 'unlimited uses' : plural(usesLeft, 'use')
  return `its token ${tokenId} has ${left} left, so the client may come back; --revoke prevents that`
}
