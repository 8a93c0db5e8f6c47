import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../parts/icon.tsx'
import { call, wordsOf } from '../state/api.ts'
import { say } from '../state/toasts.ts'

interface Props {
  readonly app: string
  readonly streamId: string
}

/** Plays a stream here, once asked to: the player is loaded only then. */
export function Preview({ app, streamId }: Props) {
  const isOn = useSignal(false)
  return (
    <div class="preview">
      {isOn.value ? (
        <Screen
          app={app}
          streamId={streamId}
          onClose={() => {
            isOn.value = false
          }}
        />
      ) : (
        <button
          type="button"
          class="preview-press"
          aria-label={`Preview ${streamId}`}
          onClick={() => {
            isOn.value = true
          }}
        >
          <Icon name="play" />
          <span>Preview</span>
        </button>
      )}
    </div>
  )
}

function Screen({ app, streamId, onClose }: Props & { onClose(): void }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let isOver = false
    let close = () => {}
    const start = async () => {
      const [{ mountPlayer }, { token }] = await Promise.all([
        import('../../pages/player/mount.tsx'),
        call('preview', { app, streamId }),
      ])
      if (isOver || !place.current) return
      close = mountPlayer(place.current, { app, streamId, token, muted: true, withoutCookie: true }).close
    }
    start().catch((error: unknown) => {
      say(wordsOf(error), 'failed')
      if (!isOver) onClose()
    })
    return () => {
      isOver = true
      close()
    }
  }, [app, streamId])
  return (
    <>
      <div class="preview-screen" ref={place} />
      <button type="button" class="preview-close" aria-label={`Close the preview of ${streamId}`} onClick={onClose}>
        <Icon name="close" />
      </button>
    </>
  )
}
