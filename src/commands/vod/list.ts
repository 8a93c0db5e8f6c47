import { BaseCommand } from '../../cli/base-command.ts'
import { app, mediaDir, quiet } from '../../cli/flags.ts'
import { roughSize } from '../../cli/size.ts'
import { roughDuration } from '../../domain/duration.ts'
import type { RecordingView } from '../../domain/recording.ts'

export default class VodList extends BaseCommand {
  static override summary = 'List recordings, and the files dropped beside them.'
  static override description =
    'A token for the stream opens the file: the stream that was recorded or, for a file dropped in, its name without .mp4.'
  static override examples = ['<%= config.bin %> vod list', '<%= config.bin %> vod list --json']

  static override flags = { app: app({ summary: 'Only those of this app.' }), 'media-dir': mediaDir, quiet }

  async run(): Promise<readonly RecordingView[]> {
    const { flags } = await this.parse(VodList)
    const all = await this.withStore(flags, (store) => store.listRecordings())
    const files = all.filter((recording) => flags.app === undefined || recording.app === flags.app)
    if (flags.quiet) return this.print(files, files.map(({ file }) => file).join('\n'))
    return this.printRows(files, [
      { title: 'file', raw: ({ file }) => file },
      { title: 'app', raw: (recording) => recording.app },
      { title: 'stream', raw: ({ streamId }) => streamId },
      { title: 'size', raw: ({ bytes }) => bytes, shown: ({ bytes }) => roughSize(bytes) },
      {
        title: 'duration',
        raw: ({ duration }) => duration,
        shown: ({ duration, recording }) =>
          `${duration === null ? '' : roughDuration(duration)}${recording ? ' (recording)' : ''}`,
      },
      { title: 'started', raw: ({ startedAt }) => startedAt },
    ])
  }
}
