import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { toErrorObject } from '../../cli/failure.ts'
import { defaultApp, mediaDir } from '../../cli/flags.ts'
import { expandOperands } from '../../cli/stdin.ts'
import { AmsctlError } from '../../domain/errors.ts'
import type { StoreOperations } from '../../services/operations.ts'

interface DeleteReport {
  /** Names of the files that are gone. */
  readonly deleted: readonly string[]
}

export default class VodDelete extends BaseCommand {
  static override summary = 'Delete recordings for good; exit 3 if one does not exist.'
  static override description = 'The others are deleted all the same. A file that is being recorded is refused.'
  static override examples = [
    '<%= config.bin %> vod delete cam1.mp4 cam1_1.mp4',
    '<%= config.bin %> vod list --quiet --app Events | <%= config.bin %> vod delete --app Events -',
  ]

  static override args = {
    file: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'Names as vod list shows them, or - to read them from stdin.',
    }),
  }

  static override flags = { app: defaultApp, 'media-dir': mediaDir }

  async run(): Promise<DeleteReport> {
    const { args, flags } = await this.parse(VodDelete)
    const files = await expandOperands(args.file)
    const { deleted, failures } = await this.withStore(flags, (store) => deleteAll(store, flags.app, files))
    const report = this.print({ deleted }, deleted.map((file) => `deleted ${file}`).join('\n'))
    const [first, ...more] = failures
    if (!first) return report
    for (const failure of more) this.note(failure.message)
    if (!this.jsonEnabled()) throw first
    process.exitCode = first.exit
    return { ...report, ...toErrorObject(first) }
  }
}

async function deleteAll(store: StoreOperations, app: string, files: readonly string[]) {
  const deleted: string[] = []
  const failures: AmsctlError[] = []
  for (const file of files) {
    try {
      await store.deleteRecording({ app, file })
      deleted.push(file)
    } catch (error) {
      if (!(error instanceof AmsctlError)) throw error
      failures.push(error)
    }
  }
  return { deleted, failures }
}
