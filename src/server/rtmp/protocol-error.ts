/** The client broke the protocol or a limit of it; its connection ends and no other. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
