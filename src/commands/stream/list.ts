import { BaseCommand } from '../../cli/base-command.ts'
import { ofNode, quiet } from '../../cli/flags.ts'
import type { StreamView } from '../../services/daemon-operations.ts'

export default class StreamList extends BaseCommand {
  static override summary = 'List the streams that are live; exit 5 if no daemon runs.'
  static override examples = ['<%= config.bin %> stream list', '<%= config.bin %> stream list --json']

  static override flags = { quiet, node: ofNode }

  async run(): Promise<readonly StreamView[]> {
    const { flags } = await this.parse(StreamList)
    const all = await this.withDaemon(flags, (daemon) => daemon.listStreams())
    const streams = all.filter(({ node }) => flags.node === undefined || node === flags.node)
    if (flags.quiet) return this.print(streams, streams.map(({ streamId }) => streamId).join('\n'))
    return this.printRows(streams, [
      { title: 'app', raw: ({ app }) => app },
      { title: 'stream', raw: ({ streamId }) => streamId },
      { title: 'state', raw: ({ state }) => state },
      { title: 'protocol', raw: ({ protocol }) => protocol },
      { title: 'address', raw: ({ address }) => address },
      { title: 'since', raw: ({ since }) => since },
      { title: 'video', raw: ({ videoCodec }) => videoCodec },
      { title: 'audio', raw: ({ audioCodec }) => audioCodec },
      { title: 'kbit/s', raw: ({ bitrate }) => Math.round(bitrate / 1000) },
      { title: 'viewers', raw: ({ viewers }) => viewers },
      { title: 'recording', raw: ({ recording }) => (recording ? 'yes' : 'no') },
      { title: 'warnings', raw: ({ warnings }) => warnings.join('; ') },
      { title: 'node', raw: ({ node }) => node },
    ])
  }
}
