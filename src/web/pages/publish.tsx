import { render } from 'preact'
import { forgetToken, hideToken, isFramed, type Wanted } from './address.ts'
import { Page } from './page.tsx'
import { Capture } from './publisher/capture.ts'
import { Publisher } from './publisher/publisher.ts'
import { Studio } from './publisher/studio.tsx'

/** The page that broadcasts camera or screen. Nothing is sent, nor the token spent, before Start is pressed. */
export function showPublisher(root: HTMLElement, wanted: Wanted): void {
  const { app, streamId, token, name } = wanted
  hideToken(wanted, 'publish')
  const capture = new Capture()
  const publisher = new Publisher(capture, {
    app,
    streamId,
    token,
    withoutCookie: isFramed() || !navigator.cookieEnabled,
    onOpened: () => forgetToken(wanted, 'publish'),
  })
  const studio = <Studio capture={capture} publisher={publisher} />
  render(isFramed() ? <main>{studio}</main> : <Page title={name}>{studio}</Page>, root)
  void capture.open()
  addEventListener('pagehide', () => publisher.stop())
}
