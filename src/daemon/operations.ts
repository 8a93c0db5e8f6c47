import { toRfc3339 } from '../domain/units.ts'
import type { Hub } from '../media/hub.ts'
import type { Inspections } from '../media/inspection.ts'
import type { Recordings } from '../media/recording/recordings.ts'
import type { Services } from '../services/administration.ts'
import type { DaemonOperations, DaemonStatus, StoreOperations } from '../services/operations.ts'

interface RunningParts {
  readonly hub: Hub
  readonly inspections: Inspections
  readonly recordings: Recordings
}

/** Adds to the operations on the store those on what is running. */
export function daemonOperations(
  store: StoreOperations,
  { sessions, audit }: Services,
  { hub, inspections, recordings }: RunningParts,
  status: () => DaemonStatus,
): DaemonOperations {
  return {
    ...store,
    status: async () => status(),
    listStreams: async () =>
      hub.list().map((stream) => ({
        ...stream,
        since: toRfc3339(Math.floor(stream.since / 1000)),
        recording: recordings.isRecording(stream),
        warnings: inspections.of(hub.find(stream.app, stream.streamId)).warnings,
      })),
    listSessions: async () => sessions.list(),

    startRecording: async ({ app, streamId }) => {
      const { file, already } = await recordings.start({ app, streamId })
      return { app, streamId, file, recording: file !== null, complete: false, already }
    },

    stopRecording: async ({ app, streamId }) => {
      const { file, complete } = await recordings.stop({ app, streamId })
      return { app, streamId, file, recording: false, complete, already: false }
    },

    async kickSession({ id, revoke }) {
      const session = sessions.kick(id)
      const { tokenId, app, streamId, type } = session
      audit.record({ event: 'kick', by: 'cli', sessionId: id, tokenId, app, streamId, type })
      if (tokenId === null) return { id, tokenId, usesLeft: null, revoked: false }
      if (revoke) await store.revokeTokens({ refs: [tokenId] })
      const { usesLeft } = await store.showToken(tokenId)
      return { id, tokenId, usesLeft: revoke ? 0 : usesLeft, revoked: revoke }
    },
  }
}
