import { BaseCommand } from '../../cli/base-command.ts'
import { ofNode, quiet } from '../../cli/flags.ts'
import type { ListedSession } from '../../services/daemon-operations.ts'

export default class SessionList extends BaseCommand {
  static override summary = 'List who is publishing and playing; exit 5 if no daemon runs.'
  static override description = 'A session marked "open" was let in without a token, token control being off.'
  static override examples = ['<%= config.bin %> session list', '<%= config.bin %> session list --json']

  static override flags = { quiet, node: ofNode }

  async run(): Promise<readonly ListedSession[]> {
    const { flags } = await this.parse(SessionList)
    const all = await this.withDaemon(flags, (daemon) => daemon.listSessions())
    const sessions = all.filter(({ node }) => flags.node === undefined || node === flags.node)
    if (flags.quiet) return this.print(sessions, sessions.map(({ id }) => id).join('\n'))
    return this.printRows(sessions, [
      { title: 'id', raw: ({ id }) => id },
      { title: 'token', raw: ({ tokenId, open }) => tokenId ?? (open ? 'open' : null) },
      { title: 'app', raw: ({ app }) => app },
      { title: 'stream', raw: ({ streamId }) => streamId },
      { title: 'type', raw: ({ type }) => type },
      { title: 'protocol', raw: ({ protocol }) => protocol },
      { title: 'address', raw: ({ address }) => address },
      { title: 'since', raw: ({ since }) => since },
      { title: 'last seen', raw: ({ lastSeen }) => lastSeen },
      { title: 'bytes', raw: ({ bytes }) => bytes },
      { title: 'user agent', raw: ({ userAgent }) => userAgent },
      { title: 'node', raw: ({ node }) => node },
    ])
  }
}
