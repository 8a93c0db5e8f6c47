import { once } from 'node:events'
import { BaseCommand } from '../../cli/base-command.ts'

/** Tokens in one call: an answer that holds up neither side. */
const PAGE = 1000

export default class StoreExport extends BaseCommand {
  static override summary = 'Print every token as one JSON object a line: hashes, never secrets.'
  static override description =
    'For `store import` elsewhere, or to look at. Nobody gets in with an export. Sessions, settings and keys are not in it.'
  static override enableJsonFlag = false
  static override examples = [
    '<%= config.bin %> store export > tokens.ndjson',
    "<%= config.bin %> store export | jq --raw-output 'select(.used > 0) | .id'",
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(StoreExport)
    await this.withStore(flags, async (store) => {
      for (let after: string | undefined; ; ) {
        const page = await store.exportTokens({ limit: PAGE, ...(after !== undefined && { after }) })
        const text = page.map((token) => `${JSON.stringify(token)}\n`).join('')
        if (!process.stdout.write(text)) await once(process.stdout, 'drain')
        if (page.length < PAGE) return
        after = page.at(-1)?.hash
      }
    })
  }
}
