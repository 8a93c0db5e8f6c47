import { TOKEN_STATES, TOKEN_TYPES, type TokenState, type TokenType } from '../../../domain/token.ts'
import type { TokenFilter } from '../../../services/operations.ts'
import { Button } from '../parts/basics.tsx'
import { ChoiceField, TextField } from '../parts/fields.tsx'
import { status } from '../state/streams.ts'

export interface Filter {
  readonly text: string
  readonly streamId: string
  readonly app: string
  readonly state: TokenState | ''
  readonly type: TokenType | ''
}

export const NO_FILTER: Filter = { text: '', streamId: '', app: '', state: '', type: '' }

export function filterOf({ text, streamId, app, state, type }: Filter): TokenFilter {
  return {
    ...(text.trim() && { text: text.trim() }),
    ...(streamId.trim() && { streamId: streamId.trim() }),
    ...(app && { app }),
    ...(state && { state }),
    ...(type && { type }),
  }
}

export function FilterBar({ filter, onFilter }: { readonly filter: Filter; onFilter(filter: Filter): void }) {
  const set = (change: Partial<Filter>) => onFilter({ ...filter, ...change })
  const apps = status.value?.apps ?? []
  return (
    <search class="filters">
      <TextField
        label="Search"
        type="search"
        placeholder="Id, stream, note, address"
        value={filter.text}
        onValue={(text) => set({ text })}
      />
      <TextField
        label="Stream"
        placeholder="Exactly this one"
        value={filter.streamId}
        onValue={(streamId) => set({ streamId })}
      />
      {apps.length > 1 && (
        <ChoiceField
          label="App"
          value={filter.app}
          choices={[['', 'Any'], ...apps.map((app) => [app, app] as const)]}
          onValue={(app) => set({ app })}
        />
      )}
      <ChoiceField
        label="State"
        value={filter.state}
        choices={[['', 'Any'], ...TOKEN_STATES.map((state) => [state, titled(state)] as const)]}
        onValue={(state) => set({ state: state as Filter['state'] })}
      />
      <ChoiceField
        label="Type"
        value={filter.type}
        choices={[['', 'Any'], ...TOKEN_TYPES.map((type) => [type, titled(type)] as const)]}
        onValue={(type) => set({ type: type as Filter['type'] })}
      />
      {filter !== NO_FILTER && (
        <Button kind="quiet" icon="close" onPress={() => onFilter(NO_FILTER)}>
          Clear
        </Button>
      )}
    </search>
  )
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
