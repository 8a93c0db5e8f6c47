import { useSignal } from '@preact/signals'
import type { Milliseconds } from '../../../domain/units.ts'
import { Badge, Button, Empty, Loading, Problem, ViewHead } from '../parts/basics.tsx'
import { confirmed, Dialog } from '../parts/dialog.tsx'
import { TextField } from '../parts/fields.tsx'
import { bytes, clock, moment } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { call, type RecordingView, recordingUrl } from '../state/api.ts'
import { useAgain, useFetched } from '../state/fetched.ts'
import { isAdmin } from '../state/session.ts'
import { changes } from '../state/streams.ts'
import { doing } from '../state/toasts.ts'

/** So many are seen at a glance. */
const FEW = 10
/** How often the size of one that is being recorded is looked at. */
const GROWTH: Milliseconds = 5000

export function Recordings() {
  const list = useFetched(() => call('listRecordings'), changes.recordings)
  useAgain(list, (recordings) => (recordings.some(({ recording }) => recording) ? GROWTH : null))
  const text = useSignal('')
  const wanted = text.value.trim().toLowerCase()
  const fitting = list.value?.filter((recording) => mentions(recording, wanted)) ?? []
  const played = useSignal<RecordingView | null>(null)
  return (
    <>
      <ViewHead title="Recordings" lead="What was recorded here, and what was dropped into the media folder." />
      {list.problem !== null && <Problem text={list.problem} onRetry={list.reload} />}
      {list.value === null && list.problem === null && <Loading />}
      {list.value?.length === 0 && (
        <Empty
          icon="recordings"
          title="Nothing is recorded yet"
          text="Press Record at a live stream, or have every stream recorded from its beginning by the setting record."
          command="amsctl settings set record on"
        />
      )}
      {list.value !== null && (list.value.length > FEW || wanted !== '') && (
        <search class="filters">
          <TextField
            label="Search"
            type="search"
            placeholder="File, stream, app"
            value={text.value}
            onValue={(value) => {
              text.value = value
            }}
          />
        </search>
      )}
      {list.value !== null && list.value.length > 0 && fitting.length === 0 && (
        <Empty icon="search" title="No recording fits" text="No file here fits what you look for." />
      )}
      {fitting.length > 0 && (
        <Table caption="Recordings, newest first" columns={['File', 'Recorded', 'Duration', 'Size', 'Actions']}>
          {[...fitting].sort(newestFirst).map((recording) => (
            <Row
              key={`${recording.app}/${recording.file}`}
              recording={recording}
              onPlay={() => {
                played.value = recording
              }}
              onDeleted={list.reload}
            />
          ))}
        </Table>
      )}
      {played.value && (
        <Player
          recording={played.value}
          onClose={() => {
            played.value = null
          }}
        />
      )}
    </>
  )
}

function mentions({ file, streamId, app }: RecordingView, wanted: string): boolean {
  return [file, streamId, app].some((name) => name.toLowerCase().includes(wanted))
}

/** What was dropped in comes last, by its name as it is. */
function newestFirst(a: RecordingView, b: RecordingView): number {
  return (b.startedAt ?? '').localeCompare(a.startedAt ?? '')
}

interface RowProps {
  readonly recording: RecordingView
  onPlay(): void
  onDeleted(): void
}

function Row({ recording, onPlay, onDeleted }: RowProps) {
  const { app, file, streamId, startedAt, duration } = recording
  return (
    <tr>
      <Cell name="File" kind="head">
        <span class="strong">{file}</span>
        <span class="sub">
          {app} · opened by tokens of {streamId}
        </span>
      </Cell>
      <Cell name="Recorded" kind="time">
        {recording.recording ? (
          <Badge tone="bad">
            <span class="dot" />
            recording
          </Badge>
        ) : startedAt === null ? (
          'dropped in'
        ) : (
          <time dateTime={startedAt}>{moment(startedAt)}</time>
        )}
      </Cell>
      <Cell name="Duration" kind="number">
        {duration === null ? '–' : clock(duration)}
      </Cell>
      <Cell name="Size" kind="number">
        {bytes(recording.bytes)}
      </Cell>
      <Cell name="Actions" kind="actions">
        <Button icon="play" kind="quiet" label={`Play ${file}`} disabled={recording.bytes === 0} onPress={onPlay}>
          Play
        </Button>
        <a class="button button-quiet" href={recordingUrl(recording, true)} download aria-label={`Download ${file}`}>
          <Icon name="download" />
          <span>Download</span>
        </a>
        {isAdmin.value && (
          <Button
            icon="trash"
            kind="quiet"
            label={`Delete ${file}`}
            disabled={recording.recording}
            onPress={() => void remove(recording).then((done) => done && onDeleted())}
          >
            Delete
          </Button>
        )}
      </Cell>
    </tr>
  )
}

function Player({ recording, onClose }: { readonly recording: RecordingView; onClose(): void }) {
  return (
    <Dialog title={recording.file} wide onClose={onClose}>
      {/* biome-ignore lint/a11y/useMediaCaption: recordings of live streams bring no captions */}
      <video class="film" controls autoplay playsInline src={recordingUrl(recording, false)} />
    </Dialog>
  )
}

async function remove({ app, file }: RecordingView): Promise<boolean> {
  const yes = await confirmed({
    title: `Delete ${file}?`,
    text: 'The file is deleted for good, and whoever plays it is cut off.',
    action: 'Delete the recording',
  })
  return yes && (await doing(call('deleteRecording', { app, file }), () => `${file} is deleted.`)) !== undefined
}
