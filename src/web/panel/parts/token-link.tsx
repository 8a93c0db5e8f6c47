import { hrefOf } from '../state/route.ts'

/** A token by its id, which leads to what the audit has of it. */
export function TokenLink({ id }: { readonly id: string }) {
  return (
    <a class="mono token-link" href={hrefOf('audit', id)} title="What the audit has of this token">
      {id}
    </a>
  )
}
