import type { IncomingMessage, ServerResponse } from 'node:http'
import { CORS, STREAM_METHODS } from './cors.ts'
import { type Failure, sendFailure } from './error-response.ts'
import type { StreamPath } from './stream-path.ts'

/** Answers the addresses of one kind. */
export interface StreamDoor {
  /** Answers GET or HEAD, refusals included; what it throws is answered as a failure. */
  answer(request: IncomingMessage, response: ServerResponse, path: StreamPath): Promise<void>
}

/** Says no to whoever asked for a stream; where an answer has begun, it is cut short. */
export function refuse(response: ServerResponse, failure: Failure): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  const allow = failure.code === 'METHOD_NOT_ALLOWED' && { Allow: STREAM_METHODS }
  sendFailure(response, failure, { ...CORS, ...allow })
}
