import type { Seconds } from '../../../domain/units.ts'
import { ago, moment, until } from './format.ts'

/** How long ago that was, of RFC 3339; the moment itself for who points at it. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={moment(at)}>
      {ago(at)}
    </time>
  )
}

/** How long until then, or how long that is past. */
export function Until({ at }: { readonly at: Seconds }) {
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={moment(at * 1000)}>
      {until(at)}
    </time>
  )
}
