import type { ComponentChildren } from 'preact'

/** What stands around every page. */
export function Page({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <>
      <header class="top">
        <h1>{title || 'Live stream'}</h1>
      </header>
      <main>{children}</main>
    </>
  )
}
