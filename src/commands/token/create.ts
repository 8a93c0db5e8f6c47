import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import {
  cidr,
  defaultApp,
  duration,
  given,
  moment,
  streamPattern,
  streamPatternArg,
  tokenType,
  uses,
} from '../../cli/flags.ts'
import { openBrowser } from '../../cli/open-browser.ts'
import { askStream, askType } from '../../cli/prompts.ts'
import { renderQr } from '../../cli/qr.ts'
import { AmsctlError } from '../../domain/errors.ts'
import { isGlob } from '../../domain/stream-id.ts'
import type { TokenView } from '../../domain/token.ts'
import type { DaemonOperations } from '../../services/daemon-operations.ts'
import { type Endpoints, findEndpoints } from '../../services/endpoints.ts'
import type { MintOrder } from '../../services/operations.ts'
import { renderWays, shareLink, urlNotes, type WaysIn, waysIn } from '../../services/urls.ts'

type MintedToken = TokenView & { readonly urls: WaysIn; readonly link: string | null }

export default class TokenCreate extends BaseCommand {
  static override summary = 'Mint a token, or many at once, and print nothing but the token.'
  static override description =
    'This is the only time that the token is shown: it is stored as a hash. Without --stream or --type a terminal asks.'
  static override examples = [
    { description: 'Let one encoder publish once', command: '<%= config.bin %> token create cam1 --type publish' },
    {
      description: 'One link each for 50 viewers',
      command: '<%= config.bin %> token create --stream cam1 --type play --count 50 --expire 2h',
    },
    {
      description: 'A link to send, and its QR code for a phone',
      command: '<%= config.bin %> token create cam1 --type play --link --qr',
    },
    {
      description: 'What to type into OBS or ffmpeg',
      command: '<%= config.bin %> token create --stream cam1 --type publish --urls',
    },
  ]

  static override args = {
    stream: streamPatternArg({ description: 'Stream id, or a glob such as cam-*.' }),
  }

  static override flags = {
    stream: streamPattern({ summary: 'The same as STREAM.' }),
    type: tokenType({ summary: 'What the token opens the stream for.' }),
    app: defaultApp,
    expire: moment({ summary: 'When it ends: 90s 15m 24h 7d 2w, RFC 3339, unix seconds, never.' }),
    uses: uses({ summary: 'How many times it opens the stream (default: once).' }),
    ip: cidr({ summary: 'The only address or network that may use it.' }),
    'not-before': moment({ summary: 'When it begins; written like --expire.' }),
    'max-session': duration({ summary: 'End what it opened after this long.' }),
    note: Flags.string({ summary: 'Remark for lists.', helpValue: 'TEXT' }),
    count: Flags.integer({ summary: 'How many tokens to mint, all alike.', helpValue: 'N', min: 1 }),
    link: Flags.boolean({ summary: 'Print the link to send to a person instead of the token.', exclusive: ['urls'] }),
    qr: Flags.boolean({
      summary: 'Draw the link as QR code too, on standard error; implies --link.',
      exclusive: ['urls'],
    }),
    open: Flags.boolean({ summary: 'Open the link in the browser too; implies --link.', exclusive: ['urls'] }),
    urls: Flags.boolean({ summary: 'Print a line "kind TAB url" for each way in instead of the token.' }),
    quiet: Flags.boolean({ char: 'q', summary: 'Print the token only, and no notes.', exclusive: ['urls'] }),
  }

  async run(): Promise<MintedToken | MintedToken[]> {
    const { args, flags } = await this.parse(TokenCreate)
    if (args.stream && flags.stream) throw new AmsctlError('BAD_USAGE', 'give the stream once: STREAM or --stream')
    const order = given<MintOrder>({
      app: flags.app,
      streamId: args.stream ?? flags.stream ?? (await askStream()),
      type: flags.type ?? (await askType()),
      expireDate: flags.expire,
      notBefore: flags['not-before'],
      uses: flags.uses,
      ip: flags.ip,
      maxSession: flags['max-session'],
      note: flags.note,
      count: flags.count,
    })
    const linked = flags.link || flags.qr || flags.open
    if (linked && isGlob(order.streamId)) {
      throw new AmsctlError('BAD_USAGE', `a link is for one stream, and ${order.streamId} is a pattern; use --urls`)
    }
    const { tokens, endpoints } = await this.withStore(flags, async (store, daemon) => {
      if (!flags.quiet) await this.#warnOfApp(order.app, daemon)
      const endpoints = flags.urls || linked || this.jsonEnabled() ? await findEndpoints(store, daemon) : null
      if (linked && endpoints) requireOrigin(endpoints)
      return { tokens: await store.createTokens(order), endpoints }
    })
    const minted = tokens.map((token) => ({
      ...token,
      urls: endpoints ? waysIn(token, endpoints) : {},
      link: endpoints && shareLink(token, endpoints),
    }))
    if (endpoints && !flags.quiet) this.#noteUrls(order.streamId, endpoints)
    const lines = minted.map((token) => (flags.urls ? renderWays(token.urls) : linked ? token.link : token.tokenId))
    const [only] = minted
    const printed = this.print(flags.count === undefined && only ? only : minted, lines.join('\n'))
    for (const { link } of flags.qr ? minted : []) if (link) this.note(`${renderQr(link)}\n${link}`)
    if (flags.open && only?.link && !(await openBrowser(only.link))) this.warn('no browser could be opened here')
    return printed
  }

  async #warnOfApp(app: string, daemon: DaemonOperations | null): Promise<void> {
    const apps = daemon === null ? [app] : (await daemon.status()).apps
    if (!apps.includes(app)) this.warn(`the running daemon does not serve ${app}, only ${apps.join(', ')}`)
  }

  #noteUrls(streamId: string, endpoints: Endpoints): void {
    for (const note of urlNotes(streamId, endpoints)) this.note(note)
  }
}

function requireOrigin({ http, https }: Endpoints): void {
  if (http ?? https) return
  throw new AmsctlError(
    'BAD_USAGE',
    'no HTTP door is open for a link; say by which others come: settings set public-url',
  )
}
