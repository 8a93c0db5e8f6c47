import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { isGlob } from '../../../domain/stream-id.ts'
import { Button, Command, Copy, copied } from '../parts/basics.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { plural } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import type { MintedToken } from '../state/api.ts'
import { say } from '../state/toasts.ts'
import { Qr } from './qr.tsx'

interface Props {
  readonly tokens: readonly MintedToken[]
  onClose(): void
}

/** What each kind of address is for. */
const KINDS: Readonly<Record<string, string>> = {
  rtmp: 'RTMP',
  rtmps: 'RTMPS',
  'obs-server': 'OBS server',
  'obs-key': 'OBS stream key',
  ffmpeg: 'ffmpeg',
  hls: 'HLS',
  'https-hls': 'HLS (TLS)',
  'http-flv': 'HTTP-FLV',
  'ws-flv': 'WS-FLV',
  'https-flv': 'HTTP-FLV (TLS)',
  'wss-flv': 'WS-FLV (TLS)',
  ffplay: 'ffplay',
  token: 'Token',
  whip: 'WHIP',
  whep: 'WHEP',
}

const PAGES = { play: 'Share link', publish: 'Broadcast page' } as const

/** The one time that secrets are shown; nothing closes it but its button. */
export function MintedDialog({ tokens, onClose }: Props) {
  const place = useSignal(0)
  const token = tokens[place.value] ?? tokens[0]
  if (!token) return null
  return (
    <Dialog title={plural(tokens.length, 'token minted', 'tokens minted')} wide keep onClose={onClose}>
      <div class="dialog-body">
        <p class="once" role="status">
          <Icon name="eye" />
          <span>
            <strong>Copy what you need now.</strong> The secret is shown this once: only its hash is stored, and
            afterwards a token is known by its id alone.
          </span>
        </p>
        {tokens.length > 1 && (
          <nav class="stepper" aria-label="Minted tokens">
            <Button disabled={place.value === 0} onPress={() => place.value--}>
              Previous
            </Button>
            <span role="status">
              {place.value + 1} of {tokens.length}
            </span>
            <Button disabled={place.value === tokens.length - 1} onPress={() => place.value++}>
              Next
            </Button>
          </nav>
        )}
        <Minted key={token.id} token={token} />
        <footer class="dialog-foot">
          <Download tokens={tokens} />
          {tokens.length > 1 && <CopyAll tokens={tokens} />}
          <Button kind="primary" onPress={onClose}>
            I have what I need
          </Button>
        </footer>
      </div>
    </Dialog>
  )
}

function Minted({ token }: { readonly token: MintedToken }) {
  const ways = waysOf(token)
  const { ffmpeg, ffplay } = token.urls
  const place = useSignal(0)
  const [drawn, text] = ways[place.value] ?? ['', '']
  return (
    <div class="minted">
      <figure class="qr-frame">
        <Qr text={text} />
        <figcaption aria-live="polite">
          {drawn} of {token.streamId}
        </figcaption>
      </figure>
      <dl class="ways">
        {ways.map(([name, url], at) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
              <code tabIndex={0}>{url}</code>
              <button
                type="button"
                class="copy"
                aria-pressed={at === place.value}
                aria-label={`QR code of ${name}`}
                title="Show as QR code"
                onClick={() => {
                  place.value = at
                }}
              >
                <Icon name="qr" />
              </button>
              <Copy text={url} what={name} />
            </dd>
          </div>
        ))}
      </dl>
      {isGlob(token.streamId) && (
        <p class="dialog-text">
          Put the name of one stream where the addresses say <code>{token.streamId}</code>.
        </p>
      )}
      {(ffmpeg ?? ffplay) !== undefined && <Command text={ffmpeg ?? ffplay ?? ''} />}
    </div>
  )
}

/** What is sent to each of many: one line each, for a table or a mail. */
function CopyAll({ tokens }: { readonly tokens: readonly MintedToken[] }) {
  const ways = tokens.map((token) => waysOf(token)[0])
  const [name = ''] = ways[0] ?? []
  const copy = async () => {
    if (await copied(ways.map((way) => way?.[1]).join('\n')))
      say(`${name} of ${tokens.length} tokens copied, one a line.`)
  }
  return (
    <Button icon="copy" onPress={() => void copy()}>
      {`Copy all ${tokens.length}`}
    </Button>
  )
}

function Download({ tokens }: { readonly tokens: readonly MintedToken[] }) {
  const url = useMemo(() => URL.createObjectURL(new Blob([textOf(tokens)], { type: 'text/plain' })), [tokens])
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  const name = `tokens-${tokens[0]?.streamId.replace(/[^\w.-]/g, '_') ?? ''}.txt`
  return (
    <a class="button button-plain" href={url} download={name} aria-label="Download as text">
      <Icon name="download" />
      <span>Download</span>
    </a>
  )
}

/** Each by its name for a person; the page to send first, the bare secret last. */
function waysOf({ type, tokenId, link, urls }: MintedToken): (readonly [name: string, way: string])[] {
  const others = Object.entries(urls).filter(([kind]) => !/^(?:link|ffmpeg|ffplay)$/.test(kind))
  const all = [...(link === null ? [] : [['link', link] as const]), ...others, ['token', tokenId ?? ''] as const]
  return all.map(([kind, way]) => [kind === 'link' ? PAGES[type] : (KINDS[kind] ?? kind), way])
}

function textOf(tokens: readonly MintedToken[]): string {
  return tokens
    .map((token) => {
      const head = `${token.id}  ${token.type}  ${token.app}/${token.streamId}`
      return [head, ...waysOf(token).map(([name, way]) => `  ${name}: ${way}`), ''].join('\n')
    })
    .join('\n')
}
