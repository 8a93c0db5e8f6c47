import type { Socket } from 'node:net'

/** Calls `onLine` with each line that `socket` receives; one of more than `longest` characters ends the connection. */
export function readLines(socket: Socket, longest: number, onLine: (line: string) => void): void {
  let begun: string[] = []
  let length = 0
  socket.setEncoding('utf8').on('data', (text: string) => {
    const pieces = text.split('\n')
    const rest = pieces.pop() ?? ''
    for (const piece of pieces) {
      begun.push(piece)
      onLine(begun.join(''))
      begun = []
      length = 0
    }
    begun.push(rest)
    length += rest.length
    if (length > longest) socket.destroy()
  })
}
