import type { ComponentChildren } from 'preact'

interface TableProps {
  /** For those who cannot see what stands around it. */
  readonly caption: string
  readonly columns: readonly ComponentChildren[]
  readonly children: ComponentChildren
}

/** Rows of {@link Cell}s; on a phone every row is a card. */
export function Table({ caption, columns, children }: TableProps) {
  return (
    <div class="table-frame">
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, place) => (
              <th scope="col" key={place} class={column === 'Actions' ? 'column-end' : ''}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface CellProps {
  /** The column's name, shown where the row is a card. */
  readonly name: string
  readonly kind?: 'actions' | 'detail' | 'head' | 'number' | 'time'
  readonly children: ComponentChildren
}

export function Cell({ name, kind, children }: CellProps) {
  const content = <span class="cell">{children}</span>
  if (kind === 'head') {
    return (
      <th scope="row" data-name={name}>
        {content}
      </th>
    )
  }
  return (
    <td class={kind && `cell-${kind}`} data-name={name}>
      {content}
    </td>
  )
}
