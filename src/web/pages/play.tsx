import { render } from 'preact'
import { forgetToken, hideToken, isFramed, type Wanted } from './address.ts'
import { Page } from './page.tsx'
import { mountPlayer } from './player/mount.tsx'

/** The page of one stream: nothing but the player where another page frames it. */
export function showPlayer(root: HTMLElement, wanted: Wanted, onPublishToken?: () => void): void {
  hideToken(wanted, 'play')
  const framed = isFramed()
  let place: HTMLElement | null = null
  const stage = (
    <div
      class="stage"
      ref={(element) => {
        place = element
      }}
    />
  )
  render(framed ? <main class="framed">{stage}</main> : <Page title={wanted.name}>{stage}</Page>, root)
  if (!place) return
  const { app, streamId, token, playOrder, autoplay, muted } = wanted
  mountPlayer(place, {
    app,
    streamId,
    token,
    playOrder,
    autoplay,
    muted,
    withoutCookie: framed || !navigator.cookieEnabled,
    onOpened: () => forgetToken(wanted, 'play'),
    ...(onPublishToken && { onPublishToken }),
  })
}
