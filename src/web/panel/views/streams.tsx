import { Button, Empty, Loading, ViewHead } from '../parts/basics.tsx'
import { go } from '../state/route.ts'
import { isAdmin } from '../state/session.ts'
import { keyOf, streams } from '../state/streams.ts'
import { ControlOff } from './control-off.tsx'
import { StreamCard } from './stream-card.tsx'

export function Streams() {
  const now = streams.value
  return (
    <>
      <ViewHead title="Streams" lead="What is live, and who watches." />
      <ControlOff />
      {now === null && <Loading />}
      {now?.length === 0 && <NothingLive />}
      <div class="cards">
        {now?.map((stream) => (
          <StreamCard key={keyOf(stream)} stream={stream} />
        ))}
      </div>
    </>
  )
}

function NothingLive() {
  return (
    <Empty
      icon="streams"
      title="Nothing is live"
      text="A stream appears here the moment somebody publishes. Mint a token for a publisher, then paste its address into OBS, or let ffmpeg send a test picture."
      command="amsctl token create --stream cam1 --type publish --urls"
    >
      {isAdmin.value && (
        <Button kind="primary" icon="plus" onPress={() => go('tokens', 'publish')}>
          Mint a publish token
        </Button>
      )}
    </Empty>
  )
}
