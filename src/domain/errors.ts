interface ErrorKind {
  /** Exit code of the CLI. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 127 | 130
  /** HTTP status. */
  readonly http: number
  /** What it means, for the README's table. */
  readonly meaning: string
}

/** Every failure that amsctl names. Codes are API: scripts and clients match on them. */
export const ERRORS = {
  BAD_VALUE: { exit: 2, http: 400, meaning: 'a flag, setting or field has a value that is not allowed' },
  BAD_REQUEST: { exit: 2, http: 400, meaning: 'the request cannot be read as its protocol demands' },
  BODY_TOO_LARGE: { exit: 2, http: 413, meaning: 'the body of the request is larger than any that is served here' },
  BAD_USAGE: { exit: 2, http: 400, meaning: 'the command line cannot be read: an unknown flag, a missing argument' },
  CONFIRMATION_NEEDED: {
    exit: 2,
    http: 400,
    meaning: 'something wide was asked for without a terminal and without --yes',
  },
  NOT_FOUND: { exit: 3, http: 404, meaning: 'no such address, app or page' },
  TOKEN_NOT_FOUND: { exit: 3, http: 404, meaning: 'no stored token has that id' },
  SESSION_NOT_FOUND: { exit: 3, http: 404, meaning: 'no open session has that id' },
  APIKEY_NOT_FOUND: { exit: 3, http: 404, meaning: 'no API key has that id' },
  USER_NOT_FOUND: { exit: 3, http: 404, meaning: 'no user has that name' },
  STREAM_NOT_LIVE: { exit: 3, http: 404, meaning: 'the stream is not live; the token is unspent' },
  RECORDING_NOT_FOUND: { exit: 3, http: 404, meaning: 'no recording has that name; the token is unspent' },
  RECORDING_BUSY: { exit: 4, http: 409, meaning: 'that file is being recorded; stop the recording first' },
  RANGE_UNSATISFIABLE: { exit: 2, http: 416, meaning: 'the file has no bytes in the range that was asked for' },
  PRECONDITION_FAILED: { exit: 2, http: 412, meaning: 'the file or session is not as the request demands it to be' },
  CONTENT_TYPE_UNSUPPORTED: { exit: 2, http: 415, meaning: 'the body of the request is of another media type' },
  CODEC_UNSUPPORTED: { exit: 2, http: 406, meaning: 'no codec that both ends know; the token is unspent' },
  ICE_RESTART_UNSUPPORTED: { exit: 2, http: 422, meaning: 'a WebRTC session takes no ICE restart; open a new one' },
  METHOD_NOT_ALLOWED: { exit: 2, http: 405, meaning: 'that HTTP method is not served here' },
  TOKEN_MISSING: { exit: 4, http: 401, meaning: 'token control is on and the request brought no token' },
  TOKEN_UNKNOWN: { exit: 4, http: 403, meaning: 'no such token was minted here, or it was pruned' },
  TOKEN_MALFORMED: {
    exit: 4,
    http: 403,
    meaning: 'that cannot be a token: repeated, too long, or with control characters',
  },
  TOKEN_EXPIRED: { exit: 4, http: 403, meaning: 'its expireDate has passed' },
  TOKEN_NOT_YET: { exit: 4, http: 403, meaning: 'its not-before has not come' },
  TOKEN_OTHER_STREAM: { exit: 4, http: 403, meaning: 'it opens another stream' },
  TOKEN_OTHER_APP: { exit: 4, http: 403, meaning: 'it opens a stream of another app' },
  TOKEN_OTHER_TYPE: { exit: 4, http: 403, meaning: 'it is for publishing where playing was asked, or the reverse' },
  TOKEN_OTHER_ADDRESS: { exit: 4, http: 403, meaning: 'it is bound to another address' },
  TOKEN_USED: { exit: 4, http: 403, meaning: 'all its uses are spent' },
  TOKEN_REVOKED: { exit: 4, http: 403, meaning: 'it was revoked' },
  TOKEN_RESERVED: { exit: 4, http: 409, meaning: 'somebody is opening it at this moment; try again shortly' },
  SESSION_MISSING: {
    exit: 4,
    http: 401,
    meaning: 'this address is for the session that a playlist hands out; open the playlist with the token',
  },
  SESSION_INVALID: { exit: 4, http: 403, meaning: 'the session credential is unknown, over, or for something else' },
  ADDRESS_NOT_ALLOWED: { exit: 4, http: 403, meaning: 'this address may not do that' },
  ACCESS_DENIED: { exit: 4, http: 403, meaning: 'REST or the panel does not serve this caller, or not that' },
  LOGIN_MISSING: { exit: 4, http: 401, meaning: 'this address is for users who have logged in' },
  WRONG_PASSWORD: { exit: 4, http: 401, meaning: 'no user has that name and that password' },
  USER_EXISTS: {
    exit: 4,
    http: 409,
    meaning: 'a user has that name already, or somebody was first to set the panel up',
  },
  LAST_ADMIN: { exit: 4, http: 409, meaning: 'without that user nobody could administer the panel any more' },
  STREAM_BUSY: { exit: 4, http: 409, meaning: 'somebody else is publishing under that name; the token is unspent' },
  TOO_MANY_GUESSES: {
    exit: 4,
    http: 429,
    meaning: 'too many wrong tokens, sessions, keys or passwords from this address',
  },
  TOO_MANY_CONNECTIONS: { exit: 5, http: 503, meaning: 'the server is at its limit of connections' },
  NOT_CONNECTED: { exit: 5, http: 504, meaning: 'no WebRTC connection came about in time; the token is unspent' },
  WEBRTC_UNAVAILABLE: { exit: 5, http: 503, meaning: 'this daemon serves no WebRTC' },
  SERVER_BUSY: { exit: 5, http: 503, meaning: 'the server has too much of that to do at this moment' },
  DAEMON_DOWN: { exit: 5, http: 503, meaning: 'no daemon runs on this data directory' },
  DAEMON_RUNNING: { exit: 5, http: 503, meaning: 'a daemon runs on this data directory already' },
  DAEMON_VERSION: { exit: 5, http: 503, meaning: 'the running daemon speaks another version; restart it' },
  PORT_TAKEN: { exit: 5, http: 503, meaning: 'another program listens on that port' },
  TLS_UNUSABLE: { exit: 5, http: 503, meaning: 'the TLS certificate or key cannot be used' },
  STREAM_NOT_READY: {
    exit: 5,
    http: 503,
    meaning: 'the stream is live, but there is no playlist of it yet; the token is unspent',
  },
  STORE_LOCKED: { exit: 5, http: 503, meaning: 'another process holds the store' },
  STORE_DAMAGED: { exit: 5, http: 503, meaning: 'a store file is damaged; nothing was changed' },
  STORE_NEWER: { exit: 5, http: 503, meaning: 'the store was written by a newer amsctl' },
  STORE_UNSAFE: { exit: 5, http: 503, meaning: 'others may enter the data directory' },
  STORE_FAILED: { exit: 5, http: 503, meaning: 'the store could not be read or written: disk full, or no permission' },
  COMMAND_NOT_FOUND: { exit: 127, http: 404, meaning: 'no such command' },
  INTERRUPTED: { exit: 130, http: 499, meaning: 'somebody pressed Ctrl-C at a question' },
  INTERNAL: { exit: 1, http: 500, meaning: 'a bug; please report it' },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS

/** A failure with a name. `message` says what, which, and what to do next. */
export class AmsctlError extends Error {
  override readonly name = 'AmsctlError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  get exit(): number {
    return ERRORS[this.code].exit
  }

  get http(): number {
    return ERRORS[this.code].http
  }
}

/** Turns whatever was thrown into an AmsctlError; an unforeseen one becomes INTERNAL with its cause. */
export function asAmsctlError(thrown: unknown): AmsctlError {
  if (thrown instanceof AmsctlError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new AmsctlError('INTERNAL', message, { cause: thrown })
}
