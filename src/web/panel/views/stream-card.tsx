import { useSignal } from '@preact/signals'
import type { StreamView } from '../../../services/daemon-operations.ts'
import { Badge, Button } from '../parts/basics.tsx'
import { confirmed } from '../parts/dialog.tsx'
import { bitrate, bytes, clock, plural, secondsSince } from '../parts/format.ts'
import { Icon } from '../parts/icon.tsx'
import { call } from '../state/api.ts'
import { go } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { historyOf } from '../state/streams.ts'
import { doing } from '../state/toasts.ts'
import { Chart } from './chart.tsx'
import { Preview } from './preview.tsx'

export function StreamCard({ stream }: { readonly stream: StreamView }) {
  const name = `${stream.app}/${stream.streamId}`
  return (
    <article class="card stream" aria-label={name}>
      <Preview app={stream.app} streamId={stream.streamId} />
      <div class="stream-body">
        <header class="stream-head">
          <div>
            <h2>{stream.streamId}</h2>
            <p class="dim">
              {stream.app} · {stream.protocol.toUpperCase()} from {stream.address}
            </p>
          </div>
          <State stream={stream} />
        </header>
        <Figures stream={stream} />
        <Warnings stream={stream} />
        {isAdmin.value && <Actions stream={stream} />}
      </div>
    </article>
  )
}

function State({ stream }: { readonly stream: StreamView }) {
  return (
    <span class="badges">
      {stream.recording && (
        <Badge tone="bad">
          <span class="dot" />
          REC
        </Badge>
      )}
      {stream.state === 'live' ? <Badge tone="good">Live</Badge> : <Badge tone="warn">Waiting</Badge>}
    </span>
  )
}

function Figures({ stream }: { readonly stream: StreamView }) {
  const history = historyOf(stream)
  return (
    <>
      <div class="charts">
        <Chart
          name="Bitrate"
          now={bitrate(stream.bitrate)}
          points={history.map((sample) => ({ at: sample.at, value: sample.bitrate }))}
          describe={bitrate}
        />
        <Chart
          name="Viewers"
          now={String(stream.viewers)}
          points={history.map((sample) => ({ at: sample.at, value: sample.viewers }))}
          describe={(count) => plural(Math.round(count), 'viewer')}
          stepped
        />
      </div>
      <dl class="facts">
        <div>
          <dt>Video</dt>
          <dd>{stream.videoCodec ?? 'none'}</dd>
        </div>
        <div>
          <dt>Audio</dt>
          <dd>{stream.audioCodec ?? 'none'}</dd>
        </div>
        <div>
          <dt>On air</dt>
          <dd>{clock(secondsSince(stream.since))}</dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>{bytes(stream.bytes)}</dd>
        </div>
      </dl>
    </>
  )
}

function Warnings({ stream }: { readonly stream: StreamView }) {
  if (stream.warnings.length === 0 && stream.state === 'live') return null
  return (
    <ul class="warnings">
      {stream.state === 'waiting' && (
        <li>
          <Icon name="warning" />
          <span>The publisher is gone. Viewers stay attached for a while, in case it returns.</span>
        </li>
      )}
      {stream.warnings.map((warning) => (
        <li key={warning}>
          <Icon name="warning" />
          <span>{warning}</span>
        </li>
      ))}
    </ul>
  )
}

function Actions({ stream }: { readonly stream: StreamView }) {
  const busy = useSignal(false)
  const { app, streamId } = stream
  const run = async (work: Promise<unknown>, done: string) => {
    busy.value = true
    await doing(work, () => done)
    busy.value = false
  }
  const stop = async () => {
    const yes = await confirmed({
      title: `Stop ${streamId}?`,
      text: 'The publisher is sent away and the viewers with it. A publisher whose token has uses left may come back.',
      action: 'Stop the stream',
    })
    if (yes) await run(call('endStream', { app, streamId }), `${streamId} is stopped.`)
  }
  return (
    <footer class="actions">
      <Button
        icon="link"
        label={`Share ${streamId}: mint a play token`}
        onPress={() => go('tokens', `play/${app}/${streamId}`)}
      >
        Share
      </Button>
      {stream.recording ? (
        <Button
          icon="stop"
          busy={busy.value}
          label={`Stop recording ${streamId}`}
          onPress={() =>
            void run(call('stopRecording', { app, streamId }), `The recording of ${streamId} is complete.`)
          }
        >
          Stop recording
        </Button>
      ) : (
        <Button
          icon="record"
          busy={busy.value}
          label={`Record ${streamId}`}
          onPress={() => void run(call('startRecording', { app, streamId }), `${streamId} is being recorded.`)}
        >
          Record
        </Button>
      )}
      <Button kind="danger" busy={busy.value} label={`Stop stream ${streamId}`} onPress={() => void stop()}>
        Stop stream
      </Button>
    </footer>
  )
}
